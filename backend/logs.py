from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

# Only these fields are logged: any other might hold health data.
FIELDS = (
    "request_id",
    "method",
    "route",
    "status",
    "milliseconds",
    "task",
    "queue",
    "count",
    "delivery_id",
    "escalation_id",
    "subject_id",
    "invariant",
    "claim",
    "channel",
    "outcome",
)


class JsonFormatter(logging.Formatter):
    """Writes one JSON object a line, with the fields above."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line |= failure(record.exc_info[1])
        return json.dumps(line, default=str)


def failure(error: BaseException) -> dict[str, object]:
    """Return the error's type and place, not its message: messages quote values."""
    trace = error.__traceback__
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    found: dict[str, object] = {"error": _name(error), "trace": frames[-12:]}
    if error.__cause__:
        # Django has five database errors; PostgreSQL's own error is more precise.
        found["cause"] = _name(error.__cause__)
    return found


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
