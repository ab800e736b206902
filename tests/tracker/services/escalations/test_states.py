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
from tests.tracker.services.escalations.running import MORNING, open_escalation
from tracker.models import Clinician, Escalation
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import hand_overs, lifecycle, snoozes, timers
from tracker.services.people import staff
from tracker.services.reviews import reviews

DOCUMENT = Path(__file__).parents[4] / "docs" / "escalation.md"
NOTHING = "–"
NOW = MORNING + timedelta(minutes=1)
HOUR = timedelta(hours=1)
LATER = MORNING + 30 * HOUR
BY_TIME = Context(SYSTEM, LATER)

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


def acknowledge(clinics: TwoClinics, escalation: Escalation) -> None:
    lifecycle.acknowledge(Context(clinics.nora, NOW), escalation_ids=[escalation.id])


def review(clinics: TwoClinics, escalation: Escalation) -> None:
    reviews.review(
        Context(clinics.nora, NOW),
        patient=clinics.alice,
        flag_ids=[escalation.flag_id],
        decision="continue_care",
    )


def snooze(clinics: TwoClinics, escalation: Escalation) -> None:
    snoozes.snooze(
        Context(clinics.nora, NOW), escalation_id=escalation.id, hours=1, reason="visit_arranged"
    )


def raise_priority(clinics: TwoClinics, escalation: Escalation) -> None:
    escalation.flag.priority = "P0"
    escalation.flag.save()
    lifecycle.raise_for(flag=escalation.flag, at=NOW)


def lose_what_was_sent(clinics: TwoClinics, escalation: Escalation) -> None:
    Delivery.objects.unfinished().update(state="dead", ended_at=NOW, lease_until=None)
    timers.skip_undelivered(Context(SYSTEM, NOW), limit=9)


def fire(*times: datetime) -> Act:
    def act(clinics: TwoClinics, escalation: Escalation) -> None:
        for at in times:
            timers.fire_due(Context(SYSTEM, at), limit=9)

    return act


#: How an escalation comes into each state, from the moment its first step was fired.
WAYS: dict[str, tuple[Act, ...]] = {
    "active": (),
    "acknowledged": (acknowledge,),
    "snoozed": (acknowledge, snooze),
    "exhausted": (fire(MORNING + HOUR, MORNING + 3 * HOUR),),
    "resolved": (review,),
    "withdrawn": (
        lambda clinics, escalation: lifecycle.withdraw_for(flag=escalation.flag, at=NOW),
    ),
}

EVENTS: dict[str, Act] = {
    "by time: the next step or page is due": fire(LATER),
    "by time: the last step goes unanswered": fire(LATER, LATER + 20 * HOUR),
    "by time: nothing of a step arrived": lose_what_was_sent,
    "by time: the review is overdue": lambda clinics, escalation: timers.reopen_overdue(
        BY_TIME, limit=9
    ),
    "by time: the snooze is over": lambda *_: timers.wake_due(BY_TIME, limit=9),
    "a clinician acknowledges": acknowledge,
    "the owner hands over": lambda clinics, escalation: hand_overs.hand_over(
        Context(clinics.nora, NOW), escalation_id=escalation.id, to_id=clinics.phil.id
    ),
    "the owner leaves the clinic": lambda clinics, escalation: staff.change(
        Context(clinics.ada, NOW),
        clinician=Clinician.objects.get(pk=clinics.nora.pk),
        full_name="Nora Nurse",
        role="nurse",
        is_administrator=False,
        is_active=False,
    ),
    "the owner snoozes": snooze,
    "a clinician ends the snooze": lambda clinics, escalation: snoozes.end(
        Context(clinics.nora, NOW), escalation_id=escalation.id
    ),
    "a clinician reviews": review,
    "the priority is raised": raise_priority,
    "the evidence is corrected away": lambda clinics, escalation: lifecycle.withdraw_for(
        flag=escalation.flag, at=NOW
    ),
}


def outcome(clinics: TwoClinics, escalation: Escalation, event: str) -> str:
    """The state after the event, or the code of its refusal; nothing, if no column changed."""
    before = Escalation.objects.values().get(pk=escalation.pk)
    try:
        EVENTS[event](clinics, escalation)
    except ServiceError as refused:
        assert Escalation.objects.values().get(pk=escalation.pk) == before
        return refused.code
    after = Escalation.objects.values().get(pk=escalation.pk)
    return NOTHING if after == before else after["state"]


def test_the_document_names_each_state_and_each_event():
    assert {state for _, state in table()} == set(Escalation.State)
    assert {event for event, _ in table()} == set(EVENTS)


@pytest.mark.parametrize("state", Escalation.State)
def test_each_event_does_what_the_document_says(clinics, state):
    escalation = open_escalation(clinics, "P1")
    for act in (fire(MORNING), *WAYS[state]):
        act(clinics, escalation)
    assert Escalation.objects.get(pk=escalation.pk).state == state

    outcomes = {}
    for event in EVENTS:
        with transaction.atomic():
            fresh = Escalation.objects.select_related("flag").get(pk=escalation.pk)
            outcomes[event] = outcome(clinics, fresh, event)
            transaction.set_rollback(True)

    assert outcomes == {event: then for (event, of), then in table().items() if of == state}
