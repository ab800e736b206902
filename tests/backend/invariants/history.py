"""A clinic in which everything that an invariant is about has happened, without a violation."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID, uuid4

import clock
from backend.dispatcher.executors import InlineExecutor
from backend.dispatcher.scheduler import Scheduler
from notifications.models import Attempt, Urgency
from notifications.services.deliveries.sending import deliver
from tests.fixtures import MONDAY_EVENING, TwoClinics, checklist
from tracker.models import RECORD_KINDS, Escalation, Patient, Review
from tracker.rules import parse_record
from tracker.services.context import Context
from tracker.services.escalations import lifecycle
from tracker.services.records import store
from tracker.services.records.ledger import Submission
from tracker.services.reminders import reminder_slots
from tracker.services.reviews import reviews


class ExecutorInTheTest(InlineExecutor):
    """Attempts deliveries within the test's transaction: real executors use other connections."""

    def submit(self, delivery_id: UUID) -> None:
        deliver(delivery_id=delivery_id, at=clock.now())


class ClinicHistory:
    """Alice was reminded, logged and corrected; her red flag was acknowledged and reviewed.

    One message told the first person of the escalation policy about two red flags of Bob's;
    nobody has acknowledged them.
    """

    def __init__(self, clinics: TwoClinics) -> None:
        self.clinics = clinics
        clock.travel_to(MONDAY_EVENING)
        an_hour_ago = MONDAY_EVENING - timedelta(hours=1)
        reminder_slots.set_diary_time(patient=clinics.alice, wall_time=time(20, 59), at=an_hour_ago)
        self.run_all()
        entry = {"kind": "diary_entry", "date": "2026-03-02", "pain_average": 4}
        self.diary = uuid4()
        self.send(clinics.alice, entry | {"walking": 2}, uuid=self.diary)
        self.send(clinics.alice, entry | {"pain_average": 5}, uuid=self.diary, base=1)
        self.send(clinics.alice, {"kind": "compress_use", "type": "hot", "minutes": 20})
        self.decided = self.open_red_flag(clinics.alice)
        lifecycle.acknowledge(
            Context(clinics.nora, self.later(minutes=1)), escalation_ids=[self.decided.pk]
        )
        self.review = reviews.review(
            Context(clinics.nora, self.later(minutes=1)),
            patient=clinics.alice,
            flag_ids=[self.decided.flag_id],
            decision=Review.Decision.CONTINUE_CARE,
        )
        self.live = self.open_red_flag(clinics.bob, fever_or_rigors="yes")

    def open_red_flag(self, patient: Patient, **more: str) -> Escalation:
        """Open red flags and notify the first person about them; return one escalation.

        Of flags that one message tells about, it is the one whose delivery is the message. Any
        of them may be, because all are due at the same moment.
        """
        self.send(patient, checklist(self.later(minutes=1), saddle_numbness="yes", **more))
        self.run_all()
        escalations = {
            each.group: each for each in Escalation.objects.filter(flag__patient=patient)
        }
        message = Attempt.objects.get(delivery__notification__group__in=escalations)
        return escalations[message.delivery.notification.group]

    def send(self, patient: Patient, said: dict, *, uuid: UUID | None = None, base: int = 0):
        """Submit a record as a phone does."""
        at = self.later(minutes=1)
        moment = {} if said["kind"] == "diary_entry" else {"at": at.isoformat()}
        sent = Submission(
            uuid=uuid or uuid4(),
            kind=RECORD_KINDS[said["kind"]],
            base_revision=base,
            record=parse_record({"submitted_at": at.isoformat(), **moment, **said}),
            submitted_at=at,
        )
        submitted = store.submit(
            Context(patient, at), patient=patient, submissions=[sent], action="records.sync"
        )
        (outcome,) = submitted.outcomes
        assert outcome.status == store.Status.STORED

    def run_all(self) -> None:
        scheduler = Scheduler(executors=dict.fromkeys(Urgency, ExecutorInTheTest()))
        while scheduler.run_once(clock.now()):
            pass

    def later(self, **span: float):
        clock.shift(timedelta(**span))
        return clock.now()
