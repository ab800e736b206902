"""Act as the clinic's staff: acknowledge, review and write back with the console's services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import clock
from demo.cohort import Person
from demo.replies import reply_to
from demo.stories import Attention
from tracker.models import Clinician, Escalation, Flag, Patient, Priority
from tracker.services.context import Context
from tracker.services.escalations import lifecycle
from tracker.services.reviews import reviews

#: The last is after closing time, when review deadlines of the day before pass.
ROUND_TIMES = (time(8, 40), time(11, 30), time(14, 10), time(16, 20), time(17, 31))
WEEKEND_TIMES = (time(10), time(18))

#: Older flags are always reviewed; for newer ones the story says how far the clinic goes.
RECENT = timedelta(days=14)
URGENT = (Priority.P0, Priority.P1)


@dataclass
class ClinicStaff:
    nurse: Clinician
    physician: Clinician
    people: dict[str, Person]  #: by the patient's e-mail address
    today: datetime
    reviewed: int = 0

    def handle_escalations(self) -> None:
        """Review what was acknowledged before, then acknowledge what is new."""
        at = clock.now()
        is_weekend = at.astimezone(self.today.tzinfo).weekday() >= 5
        for patient, flags in self._waiting(at, urgent_only=is_weekend):
            acknowledged, fresh = _by_state(flags)
            if acknowledged and self._may(patient, acknowledged, Attention.REVIEWED):
                self._review(patient, acknowledged)
            if fresh and self._may(patient, fresh, Attention.ACKNOWLEDGED):
                self._acknowledge(fresh)

    def review_p4_flags(self) -> None:
        """Review the flags that have no escalation."""
        for patient in Patient.objects.for_clinician(self.physician):
            flags = list(Flag.objects.open().filter(patient=patient, priority=Priority.P4))
            if flags and self._may(patient, flags, Attention.REVIEWED):
                self._review(patient, flags)

    def _waiting(self, at: datetime, *, urgent_only: bool) -> Iterator[tuple[Patient, list[Flag]]]:
        live = Escalation.objects.live().select_related("flag", "patient__user")
        if urgent_only:
            live = live.filter(priority__in=URGENT)
        by_patient: dict[Patient, list[Flag]] = defaultdict(list)
        for escalation in live:
            by_patient[escalation.patient].append(escalation.flag)
        yield from by_patient.items()

    def _may(self, patient: Patient, flags: Sequence[Flag], needed: Attention) -> bool:
        """Return whether the clinic goes this far in the patient's story."""
        assert patient.user is not None
        attention = self.people[patient.user.email].story.attention
        if all(flag.detected_at < self.today - RECENT for flag in flags):
            return True
        return attention == Attention.REVIEWED or attention == needed

    def _acknowledge(self, flags: Sequence[Flag]) -> None:
        live = Escalation.objects.live().filter(flag__in=flags)
        ids = list(live.values_list("pk", flat=True))
        lifecycle.acknowledge(Context(self.nurse, clock.now()), escalation_ids=ids)

    def _review(self, patient: Patient, flags: Sequence[Flag]) -> None:
        at = clock.now()
        reply = reply_to([flag.rule for flag in flags])
        visit = None
        if reply.visit:
            by_date = (at + timedelta(days=3)).date()
            visit = reviews.PlannedVisit(mode=reply.visit, by_date=by_date)
        reviews.review(
            Context(self.physician if reply.orders or reply.referrals else self.nurse, at),
            patient=patient,
            flag_ids=[flag.pk for flag in flags],
            decision=reply.decision,
            note=reply.note,
            message=reply.message,
            orders=reply.orders,
            referrals=reply.referrals,
            visit=visit,
            usefulness={flag.pk: Flag.Usefulness.ACTED_ON for flag in flags},
        )
        self.reviewed += 1


def _by_state(flags: Sequence[Flag]) -> tuple[list[Flag], list[Flag]]:
    acknowledged = set(
        Escalation.objects.live()
        .filter(flag__in=flags, state=Escalation.State.ACKNOWLEDGED)
        .values_list("flag_id", flat=True)
    )
    return (
        [flag for flag in flags if flag.pk in acknowledged],
        [flag for flag in flags if flag.pk not in acknowledged],
    )
