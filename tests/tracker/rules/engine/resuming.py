"""Evaluates a history at once and from a checkpoint, for tests that compare both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.tracker.rules.diaries import Document, date, document
from tracker.rules import Checkpoint, FlagHistory, Outcome, evaluate, parse_history
from tracker.rules.history.history import History


def submitted_after(whole: Document, at: datetime) -> History:
    """The records since, and all else."""
    records = [
        record
        for record in whole["records"]
        if datetime.fromisoformat(record.get("submitted_at") or record["at"]) > at
    ]
    return parse_history(whole | {"records": records})


def since(outcome: Outcome, at: datetime) -> Outcome:
    """What of a whole replay is found from a checkpoint on."""
    return replace(
        outcome,
        flags=tuple(flag for flag in outcome.flags if _is_live_after(flag, at)),
        advice=tuple(each for each in outcome.advice if each.at.astimezone(UTC) > at),
        checkpoint=None,
    )


def _is_live_after(flag: FlagHistory, at: datetime) -> bool:
    ends = [flag.cleared_at, flag.closed_at, flag.withdrawn_at]
    return all(end is None or end.astimezone(UTC) > at for end in ends)


def close_of(day: int, history: History) -> datetime:
    return history.calendar.close(date(day).toordinal())


def checkpoint_of(whole: Document, day: int) -> Checkpoint:
    """At the close of a day, which is a clean cut."""
    history = parse_history(whole)
    checkpoint = evaluate(history, until=close_of(day, history)).checkpoint
    assert checkpoint is not None
    assert checkpoint.at == close_of(day, history)
    return checkpoint


def resumed(
    records: list[Document], *days: int, until: int, then: Document | None = None, **parts: Any
) -> Outcome:
    """From one checkpoint to the next, up to the close of a day.

    Finds what the whole replay finds, of a document in which `then` has changed since.
    """
    before = document(records, **parts)
    whole = before | (then or {})
    history = parse_history(whole)
    limit = close_of(until, history)
    checkpoint = checkpoint_of(before, days[0])
    for day in days[1:]:
        part = submitted_after(whole, checkpoint.at)
        made = evaluate(part, until=close_of(day, part), since=checkpoint).checkpoint
        assert made is not None
        checkpoint = made
    found = evaluate(submitted_after(whole, checkpoint.at), until=limit, since=checkpoint)
    whole_replay = since(evaluate(history, until=limit), checkpoint.at)
    assert replace(found, checkpoint=None) == whole_replay
    return found
