"""The plan of changes, case by case, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from tracker import rules
from tracker.rules import Finding, FlagHistory, Priority
from tracker.services.evaluation.flag_changes import (
    ARRIVED_LATER,
    Change,
    Clear,
    Close,
    Open,
    Raise,
    Retract,
    Update,
    Withdraw,
    flag_changes,
)
from tracker.services.evaluation.flag_matching import StoredFlag

NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)
DAY = timedelta(days=1)
EARLIER, LATER = NOON - DAY, NOON + DAY
ID, OTHER_ID = UUID(int=1), UUID(int=2)

FINDING = Finding(
    rule="FUNC-UNABLE",
    priority=Priority.P2,
    explanation="Walking: 5 of 5.",
    patient_text=None,
    evidence={},
    missing=(),
    clears_when="Seven better days.",
    cannot_see="",
    sources=(),
)
FOUND = FlagHistory(
    rule="FUNC-UNABLE",
    priority=Priority.P2,
    day=2,
    date=date(2026, 3, 3),
    opened_at=NOON,
    ruleset="2026.1",
    episode_no=1,
    finding=FINDING,
    latest=FINDING,
)
STORED = StoredFlag(
    id=ID,
    rule="FUNC-UNABLE",
    state="open",
    priority="P2",
    raised_from="",
    local_date=date(2026, 3, 3),
    opened_at=NOON,
    ended_at=None,
    explanation="Walking: 5 of 5.",
    is_retracted=False,
    is_reviewed=False,
)
CLEARED = replace(STORED, state="cleared", ended_at=LATER)
CLOSED_BY_REVIEW = replace(STORED, state="closed", ended_at=LATER, is_reviewed=True)
WITHDRAWN = replace(STORED, state="withdrawn", ended_at=LATER)
FOUND_CLEARED = replace(FOUND, cleared_at=LATER)
FOUND_CLOSED = replace(FOUND, closed_at=LATER)
FOUND_WITHDRAWN = replace(FOUND, withdrawn_at=LATER, withdrawn_reason="Corrected.")
RAISED = replace(
    FOUND,
    priority=Priority.P1,
    raises=(
        rules.Raise(
            at=LATER,
            date=date(2026, 3, 4),
            day=3,
            from_priority=Priority.P2,
            to_priority=Priority.P1,
            finding=FINDING,
            ruleset="2026.1",
        ),
    ),
)


def update(stored: StoredFlag, found: FlagHistory = FOUND, **values: object) -> Update:
    defaults = {"priority": "P2", "raised_from": "", "is_reopened": not stored.is_open}
    return Update(stored.id, found, **{**defaults, **values})


CASES: dict[str, tuple[list[StoredFlag], list[FlagHistory], list[Change]]] = {
    "nothing stored, nothing found": ([], [], []),
    "found for the first time": ([], [FOUND], [Open(FOUND, retrospective=False)]),
    "found, and over already": ([], [FOUND_CLEARED], [Open(FOUND_CLEARED, retrospective=False)]),
    "found, and corrected away already": ([], [FOUND_WITHDRAWN], []),
    "stored and found": ([STORED], [FOUND], [update(STORED)]),
    "its opening moved": (
        [STORED],
        [replace(FOUND, opened_at=EARLIER)],
        [update(STORED, replace(FOUND, opened_at=EARLIER))],
    ),
    "more urgent": (
        [STORED],
        [RAISED],
        [Raise(ID, RAISED, "P2", retrospective=False)],
    ),
    "raised before, and the same now": (
        [replace(STORED, priority="P1", raised_from="P2")],
        [RAISED],
        [update(STORED, RAISED, priority="P1", raised_from="P2")],
    ),
    "less urgent than somebody was told": (
        [replace(STORED, priority="P1", raised_from="P2")],
        [FOUND],
        [update(STORED, priority="P1", raised_from="P2")],
    ),
    "cleared": ([STORED], [FOUND_CLEARED], [Clear(ID, FOUND_CLEARED, was_open=True)]),
    "cleared and stored so": ([CLEARED], [FOUND_CLEARED], []),
    "cleared at another time": (
        [CLEARED],
        [replace(FOUND, cleared_at=LATER + DAY)],
        [Clear(ID, replace(FOUND, cleared_at=LATER + DAY), was_open=False)],
    ),
    "cleared, with an opening that moved": (
        [CLEARED],
        [replace(FOUND_CLEARED, opened_at=EARLIER)],
        [Clear(ID, replace(FOUND_CLEARED, opened_at=EARLIER), was_open=False)],
    ),
    "cleared, and open again": ([CLEARED], [FOUND], [update(CLEARED)]),
    "withdrawn, and open again": ([WITHDRAWN], [FOUND], [update(WITHDRAWN)]),
    "ended by an operation": ([STORED], [FOUND_CLOSED], [Close(ID, FOUND_CLOSED, was_open=True)]),
    "found no more": ([STORED], [], [Withdraw(ID, ARRIVED_LATER)]),
    "cleared, and found no more": ([CLEARED], [], [Withdraw(ID, ARRIVED_LATER)]),
    "withdrawn, and found no more": ([WITHDRAWN], [], []),
    "corrected away": ([STORED], [FOUND_WITHDRAWN], [Withdraw(ID, "Corrected.")]),
    "urgent, and found no more": (
        [replace(STORED, priority="P1")],
        [],
        [Retract(ID, ARRIVED_LATER)],
    ),
    "a red flag, found no more": (
        [replace(STORED, rule="RF-IBP")],
        [],
        [Retract(ID, ARRIVED_LATER)],
    ),
    "a red flag whose evidence is gone already": (
        [replace(STORED, rule="RF-IBP", is_retracted=True)],
        [],
        [],
    ),
    "urgent, and cleared as something less urgent": (
        [replace(STORED, priority="P1")],
        [FOUND_CLEARED],
        [Retract(ID, ARRIVED_LATER)],
    ),
    "urgent, and cleared as something less urgent, and open again": (
        [replace(STORED, priority="P1", is_retracted=True)],
        [FOUND_CLEARED, replace(FOUND, opened_at=LATER + DAY)],
        [
            update(STORED, replace(FOUND, opened_at=LATER + DAY), priority="P1"),
            Open(FOUND_CLEARED, retrospective=False),
        ],
    ),
    "closed by a review, and open by the rules": ([CLOSED_BY_REVIEW], [FOUND], []),
    "closed by a review, and closed by the rules": ([CLOSED_BY_REVIEW], [FOUND_CLOSED], []),
    "closed by a review, and found no more": ([CLOSED_BY_REVIEW], [], []),
    "one closed by a review, a second one open": (
        [CLOSED_BY_REVIEW],
        [FOUND_CLOSED, replace(FOUND, opened_at=LATER)],
        [Open(replace(FOUND, opened_at=LATER), retrospective=False)],
    ),
    "one ends and another of the rule opens": (
        [STORED],
        [FOUND_CLEARED, replace(FOUND, opened_at=LATER + DAY)],
        [
            Clear(ID, FOUND_CLEARED, was_open=True),
            Open(replace(FOUND, opened_at=LATER + DAY), retrospective=False),
        ],
    ),
    "the open row stays open, whichever opening it had": (
        [CLEARED, replace(STORED, id=OTHER_ID, opened_at=LATER + DAY)],
        [FOUND],
        [Withdraw(ID, ARRIVED_LATER), update(replace(STORED, id=OTHER_ID))],
    ),
    "of another rule": (
        [replace(STORED, rule="FUNC-LIMIT")],
        [FOUND],
        [Withdraw(ID, ARRIVED_LATER), Open(FOUND, retrospective=False)],
    ),
}


@pytest.mark.parametrize(
    ("stored", "found", "changes"),
    [pytest.param(*case, id=name) for name, case in CASES.items()],
)
def test_what_changes(stored, found, changes):
    assert flag_changes(stored, found, is_stale=lambda moment: False) == changes


def test_what_records_that_came_late_open_or_raise_is_retrospective():
    late = replace(FOUND, rule="FUNC-LIMIT", opened_at=EARLIER)

    opened, raised = (
        *flag_changes([], [late], is_stale=lambda moment: moment == EARLIER),
        *flag_changes([STORED], [RAISED], is_stale=lambda moment: moment == LATER),
    )

    assert opened == Open(late, retrospective=True)
    assert raised == Raise(ID, RAISED, "P2", retrospective=True)
