"""Load the first eight weeks of the clinic: who does what, when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx

from demo import clinic as clinics
from demo.api_client import ApiClient
from demo.clinic_staff import ROUND_TIMES, WEEKEND_TIMES, ClinicStaff
from demo.cohort import Person
from demo.mailbox import Mailbox
from demo.people import CLINIC_ZONE
from demo.record_writer import Log
from demo.timeline import ScheduledAction, Timeline
from tracker.models import DiaryEntry, Flag

ZONE = ZoneInfo(CLINIC_ZONE)
VISIT, ENROLMENT = time(10, 30), time(12, 45)
#: Phones that send within the same hour do so at its end, in parallel.
HOUR = timedelta(hours=1)
PARALLEL_PHONES = 4


@dataclass
class Loader:
    timeline: Timeline
    mailbox: Mailbox
    http: httpx.Client
    people: Sequence[Person]
    secret: str
    until: datetime

    def begin(self) -> datetime:
        """Return the morning on which the clinic opens, before the first patient comes."""
        first = min(person.index_date for person in self.people)
        return datetime.combine(first, time(8), ZONE)

    def run(self, seen: Callable[[datetime, int, int, int], None]) -> clinics.Clinic:
        self.timeline.set_clock(self.begin())
        self.clinic = clinics.open_clinic(self.mailbox, self.timeline, secret=self.secret)
        self.phones = {
            person.email: ApiClient(person, self.http, self.secret, f"198.51.100.{number}")
            for number, person in enumerate(self.people, start=1)
        }
        self.staff = ClinicStaff(
            nurse=self.clinic.nurse,
            physician=self.clinic.physician,
            people={person.email: person for person in self.people},
            today=self.until.astimezone(ZONE),
        )
        self.timeline.run(
            self._actions(),
            until=self.until,
            new_day=lambda at: seen(
                at, DiaryEntry.objects.count(), Flag.objects.count(), len(self.mailbox)
            ),
        )
        return self.clinic

    def _actions(self) -> Iterator[ScheduledAction]:
        plans = (*self._arrivals(), *self._syncs(), *self._staff_visits())
        for order, (at, act) in enumerate(plans):
            yield ScheduledAction(at, order, act)

    def _arrivals(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for person in self.people:
            yield _wall(person.index_date, VISIT), partial(self.clinic.register, person)
            yield _wall(person.index_date, ENROLMENT), partial(self._enrol, person)
            zone = person.time_zone
            for change in person.zone_changes():
                # Sent on the last evening in the old zone, it applies from the next day on.
                eve = person.day(change.day - 1)
                at = datetime.combine(eve, time(22, 45), ZoneInfo(zone))
                yield at, partial(self.phones[person.email].change_zone, change.time_zone)
                zone = change.time_zone

    def _enrol(self, person: Person) -> None:
        [invitation] = self.mailbox.to(person.email)
        self.phones[person.email].enrol(invitation.links[0])

    def _syncs(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        by_moment: dict[datetime, dict[str, list[Log]]] = defaultdict(lambda: defaultdict(list))
        for person in self.people:
            for log in person.diary:
                by_moment[_end_of_hour(log.sent_at)][person.email].append(log)
        for at, logs in by_moment.items():
            yield at, partial(self._send, logs)

    def _send(self, logs_by_email: dict[str, list[Log]]) -> None:
        with ThreadPoolExecutor(PARALLEL_PHONES) as pool:
            list(pool.map(self._sync, logs_by_email, logs_by_email.values()))

    def _sync(self, email: str, logs: Sequence[Log]) -> None:
        phone = self.phones[email]
        if phone.has_news(self.mailbox.to(email)):
            phone.read_messages()
        phone.sync(logs)

    def _staff_visits(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        day = self.begin().date()
        while day <= self.until.astimezone(ZONE).date():
            for wall in WEEKEND_TIMES if day.weekday() >= 5 else ROUND_TIMES:
                yield _wall(day, wall), self.staff.handle_escalations
            if day.weekday() == 2:
                yield _wall(day, time(16, 50)), self.staff.review_p4_flags
            day += timedelta(days=1)


def _wall(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, ZONE)


def _end_of_hour(at: datetime) -> datetime:
    return datetime.fromtimestamp(
        -(-at.timestamp() // HOUR.total_seconds()) * HOUR.total_seconds(), at.tzinfo
    )
