"""A backtest as one HTML file that needs nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from tracker.management.backtest import plots, report
from tracker.rules.backtesting.backtest import Backtest, Change, Row

#: Of each kind of change; the JSON holds all.
SHOWN = 200


def page(test: Backtest, *, source: str, at: datetime) -> str:
    total = test.total()
    context: dict[str, Any] = {
        "test": test,
        "title": report.title(test.variant),
        "source": source,
        "at": at,
        "total": total,
        "tables": [
            ("By rule", "Rule", _lines(test, test.by_rule())),
            ("By priority", "Priority", _lines(test, [*test.by_priority(), total])),
            ("By week of care", "Week", _lines(test, test.by_week())),
        ],
        "plots": [plots.by_rule(test), plots.by_week(test)],
        "changes": [
            (change, found[:SHOWN], len(found))
            for change in (Change.ADDED, Change.REMOVED, Change.MOVED)
            for found in [test.changed(change)]
        ],
    }
    return render_to_string("backtest/page.html", context)


def _lines(test: Backtest, rows: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "live_rate": test.per_100_weeks(row.live),
            "tried_rate": test.per_100_weeks(row.tried),
            "changes": [row.changes[change] for change in Change],
            "overlap": None if row.overlap is None else 100 * row.overlap,
        }
        for row in rows
    ]
