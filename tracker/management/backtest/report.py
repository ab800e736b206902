"""A backtest in words and numbers: for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.rules.backtesting.backtest import Backtest, Change, Pair, Row
from tracker.rules.backtesting.variants import Variant
from tracker.rules.results import Json

COLUMNS = "{:<14} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>5} {:>6} {:>6} {:>8}"
HEADINGS = (
    *("", "live", "tried", "live", "tried", "live", "tried"),
    *("same", "moved", "added", "removed"),
)
OVER = (
    f"{'':<14} {'flags':^13} {'per 100 pt-wk':^17} {'patients':^17} {'beside the live ruleset':^28}"
)


def title(variant: Variant) -> str:
    """What was tried, in words."""
    numbers = [f"{name} = {value}" for name, value in variant.thresholds.items()]
    version = [f"ruleset {variant.version}"] if variant.version else []
    return ", ".join([*version, *numbers]) or "the rules in force"


def table(test: Backtest) -> Iterator[str]:
    total = test.total()
    weeks = f"{len(test.patients):,} patients, {test.patient_weeks:,.1f} patient-weeks"
    yield f"{title(test.variant)}, beside the rules in force: {weeks}."
    yield ""
    yield OVER.rstrip()
    yield COLUMNS.format(*HEADINGS)
    for rows in (test.by_rule(), test.by_priority(), [total]):
        yield from (COLUMNS.format(*_cells(test, row)) for row in rows)
        yield ""
    yield f"Overlap with the rules in force: {_percent(total.overlap)}."


def as_json(test: Backtest) -> dict[str, Json]:
    return {
        "variant": {"ruleset": test.variant.version, "thresholds": dict(test.variant.thresholds)},
        "patients": len(test.patients),
        "patient_weeks": round(test.patient_weeks, 2),
        "total": _row(test, test.total()),
        "by_rule": [_row(test, row) for row in test.by_rule()],
        "by_priority": [_row(test, row) for row in test.by_priority()],
        "by_week": [_row(test, row) for row in test.by_week()],
        "added": _flags(test.changed(Change.ADDED)),
        "removed": _flags(test.changed(Change.REMOVED)),
        "moved": [
            {"from": pair.live.as_json(), "to": pair.tried.as_json()}
            for pair in test.changed(Change.MOVED)
            if pair.live and pair.tried
        ],
    }


def _flags(pairs: Sequence[Pair]) -> list[Json]:
    return [flag.as_json() for pair in pairs for flag in (pair.live, pair.tried) if flag]


def _cells(test: Backtest, row: Row) -> Iterator[str | int]:
    yield from (row.key, row.live, row.tried)
    for count in (row.live, row.tried):
        rate = test.per_100_weeks(count)
        yield "-" if rate is None else f"{rate:.2f}"
    yield from (len(row.live_patients), len(row.tried_patients))
    yield from (row.changes[change] for change in Change)


def _row(test: Backtest, row: Row) -> dict[str, Json]:
    sides: dict[str, Json] = {
        side: {
            "flags": flags,
            "per_100_patient_weeks": _rounded(test.per_100_weeks(flags)),
            "patients": len(patients),
        }
        for side, flags, patients in (
            ("live", row.live, row.live_patients),
            ("tried", row.tried, row.tried_patients),
        )
    }
    changes: dict[str, Json] = {str(change): row.changes[change] for change in Change}
    return {"key": row.key, **sides, **changes, "overlap": _rounded(row.overlap)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _percent(share: float | None) -> str:
    return "no flag on either side" if share is None else f"{share:.0%}"
