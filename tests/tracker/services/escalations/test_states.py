"""Each cell of the table in docs/escalation.md: what an event does in a state."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from notifications.models import Delivery
from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.test_lifecycle import MORNING, open_ladder
from tracker.models import Clinician, Escalation
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import hand_overs, lifecycle, snoozes, timers
from tracker.services.people import staff
from tracker.services.reviews import reviews

DOCUMENT = Path(__file__).parents[4] / "docs" / "escalation.md"
NOTHING = "–"
NOW = MORNING + timedelta(minutes=1)
HOUR = timedelta(hours=1)
LATER = MORNING + 30 * HOUR

Act = Callable[[TwoClinics, Escalation], object]


def table() -> dict[tuple[str, str], str]:
    """(event, state) -> the next state, a code, or nothing, as the document says."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(r"^\| event \|.*\n(\|.*\n)+", text, re.MULTILINE)
    assert found, "the document has no table of events"
    (_, *states), _, *rows = map(cells, found.group().splitlines())
    return {
        (event, state): cell.strip("`")
        for event, *nexts in rows
        for state, cell in zip(states, nexts, strict=True)
    }


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def acknowledge(clinics: TwoClinics, ladder: Escalation) -> None:
    lifecycle.acknowledge(Context(clinics.nora, NOW), escalation_ids=[ladder.id])


def review(clinics: TwoClinics, ladder: Escalation) -> None:
    reviews.review(
        Context(clinics.nora, NOW),
        patient=clinics.alice,
        flag_ids=[ladder.flag_id],
        decision="continue_care",
    )


def snooze(clinics: TwoClinics, ladder: Escalation) -> None:
    snoozes.snooze(
        Context(clinics.nora, NOW), escalation_id=ladder.id, hours=1, reason="visit_arranged"
    )


def raise_priority(clinics: TwoClinics, ladder: Escalation) -> None:
    ladder.flag.priority = "P0"
    ladder.flag.save()
    lifecycle.raise_for(flag=ladder.flag, at=NOW)


def lose_what_was_sent(clinics: TwoClinics, ladder: Escalation) -> None:
    Delivery.objects.unfinished().update(state="dead", ended_at=NOW, lease_until=None)
    timers.pass_over_lost(at=NOW, limit=9)


def fire(*times: datetime) -> Act:
    def act(clinics: TwoClinics, ladder: Escalation) -> None:
        for at in times:
            timers.fire_due(at=at, limit=9)

    return act


#: How an escalation comes into each state, from the moment its first step was fired.
WAYS: dict[str, tuple[Act, ...]] = {
    "active": (),
    "acknowledged": (acknowledge,),
    "snoozed": (acknowledge, snooze),
    "exhausted": (fire(MORNING + HOUR, MORNING + 3 * HOUR),),
    "resolved": (review,),
    "withdrawn": (lambda clinics, ladder: lifecycle.withdraw_for(flag=ladder.flag, at=NOW),),
}

EVENTS: dict[str, Act] = {
    "by time: the next step or page is due": fire(LATER),
    "by time: the last step goes unanswered": fire(LATER, LATER + 20 * HOUR),
    "by time: nothing of a step arrived": lose_what_was_sent,
    "by time: the review is overdue": lambda clinics, ladder: timers.reopen_overdue(
        at=LATER, limit=9
    ),
    "by time: the snooze is over": lambda clinics, ladder: timers.wake_due(at=LATER, limit=9),
    "a clinician acknowledges": acknowledge,
    "the owner hands over": lambda clinics, ladder: hand_overs.hand_over(
        Context(clinics.nora, NOW), escalation_id=ladder.id, to_id=clinics.phil.id
    ),
    "the owner leaves the clinic": lambda clinics, ladder: staff.change(
        Context(clinics.ada, NOW),
        clinician=Clinician.objects.get(pk=clinics.nora.pk),
        full_name="Nora Nurse",
        role="nurse",
        is_administrator=False,
        is_active=False,
    ),
    "the owner snoozes": snooze,
    "a clinician ends the snooze": lambda clinics, ladder: snoozes.end(
        Context(clinics.nora, NOW), escalation_id=ladder.id
    ),
    "a clinician reviews": review,
    "the priority is raised": raise_priority,
    "the evidence is corrected away": lambda clinics, ladder: lifecycle.withdraw_for(
        flag=ladder.flag, at=NOW
    ),
}


def outcome(clinics: TwoClinics, ladder: Escalation, event: str) -> str:
    """The state after the event, or the code of its refusal; nothing, if no column changed."""
    before = Escalation.objects.values().get(pk=ladder.pk)
    try:
        EVENTS[event](clinics, ladder)
    except ServiceError as refused:
        assert Escalation.objects.values().get(pk=ladder.pk) == before
        return refused.code
    after = Escalation.objects.values().get(pk=ladder.pk)
    return NOTHING if after == before else after["state"]


def test_the_document_names_each_state_and_each_event():
    assert {state for _, state in table()} == set(Escalation.State)
    assert {event for event, _ in table()} == set(EVENTS)


@pytest.mark.parametrize("state", Escalation.State)
def test_each_event_does_what_the_document_says(clinics, state):
    ladder = open_ladder(clinics, "P1")
    for act in (fire(MORNING), *WAYS[state]):
        act(clinics, ladder)
    assert Escalation.objects.get(pk=ladder.pk).state == state

    outcomes = {}
    for event in EVENTS:
        with transaction.atomic():
            fresh = Escalation.objects.select_related("flag").get(pk=ladder.pk)
            outcomes[event] = outcome(clinics, fresh, event)
            transaction.set_rollback(True)

    assert outcomes == {event: then for (event, of), then in table().items() if of == state}
