"""A clinic where whatever the auditor has a law about has happened, as it should."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest

import clock
from backend.dispatcher.hands import OwnHands
from backend.dispatcher.rounds import Dispatcher
from notifications.models import Attempt, Urgency
from notifications.services.deliveries.sending import deliver
from tests.cast import MONDAY_EVENING, Cast, checklist
from tests.tracker.conftest import cast
from tracker.models import Escalation, Patient, RecordKind, Review
from tracker.rules import parse_record
from tracker.services import escalations, records, reminder_slots, reviews
from tracker.services.records import Submission

__all__ = ["cast"]


class HandsInTheTest(OwnHands):
    """Within its transaction: the real ones begin and end connections of their own."""

    def give(self, delivery_id: UUID) -> None:
        deliver(delivery_id=delivery_id, at=clock.now())


class Scene:
    """Alice was reminded, logged and corrected; her red flag was told, taken on and reviewed.

    Two red flags of Bob's were told to the first person of their ladder, by one message, and
    nobody has answered yet.
    """

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        clock.travel_to(MONDAY_EVENING)
        an_hour_ago = MONDAY_EVENING - timedelta(hours=1)
        reminder_slots.set_diary_time(patient=cast.alice, wall_time=time(20, 59), at=an_hour_ago)
        self.tick()
        entry = {"kind": "diary_entry", "date": "2026-03-02", "pain_average": 4}
        self.diary = uuid4()
        self.send(cast.alice, entry | {"walking": 2}, uuid=self.diary)
        self.send(cast.alice, entry | {"pain_average": 5}, uuid=self.diary, base=1)
        self.send(cast.alice, {"kind": "compress_use", "type": "hot", "minutes": 20})
        self.decided = self.open_red_flag(cast.alice)
        escalations.acknowledge(
            escalation_ids=[self.decided.pk], by=cast.nora, at=self.later(minutes=1)
        )
        self.review = reviews.review(
            patient=cast.alice,
            flag_ids=[self.decided.flag_id],
            by=cast.nora,
            at=self.later(minutes=1),
            decision=Review.Decision.CONTINUE_CARE,
        )
        self.live = self.open_red_flag(cast.bob, fever_or_rigors="yes")

    def open_red_flag(self, patient: Patient, **more: str) -> Escalation:
        """Whoever is first on the ladder is told of it.

        Of flags told by one message, the one whose delivery is the message: any of them may
        be, for all are due at the same moment.
        """
        self.send(patient, checklist(self.later(minutes=1), saddle_numbness="yes", **more))
        self.tick()
        ladders = {each.group: each for each in Escalation.objects.filter(flag__patient=patient)}
        message = Attempt.objects.get(delivery__notification__group__in=ladders)
        return ladders[message.delivery.notification.group]

    def send(self, patient: Patient, said: dict, *, uuid: UUID | None = None, base: int = 0):
        """As a phone does."""
        at = self.later(minutes=1)
        moment = {} if said["kind"] == "diary_entry" else {"at": at.isoformat()}
        sent = Submission(
            uuid=uuid or uuid4(),
            kind=RecordKind(said["kind"]),
            base_revision=base,
            record=parse_record({"submitted_at": at.isoformat(), **moment, **said}),
            submitted_at=at,
        )
        by = {"patient_id": patient.pk, "by": patient}
        (outcome,) = records.submit(**by, submissions=[sent], at=at, action="records.sync").outcomes
        assert outcome.status == records.Status.STORED

    def tick(self) -> None:
        rounds = Dispatcher(hands=dict.fromkeys(Urgency, HandsInTheTest()))
        while rounds.tick(clock.now()):
            pass

    def later(self, **span: float):
        clock.shift(timedelta(**span))
        return clock.now()


@pytest.fixture
def scene(cast) -> Scene:
    return Scene(cast)
