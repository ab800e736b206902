"""The first eight weeks of the clinic: who does what, when."""

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
from demo.cohort import Person
from demo.desk import ROUNDS, WEEKEND_LOOK, Desk
from demo.mailbox import Mailbox
from demo.pen import Log
from demo.people import CLINIC_ZONE
from demo.phone import Phone
from demo.walk import Happening, Walk
from tracker.models import DiaryEntry, Flag

ZONE = ZoneInfo(CLINIC_ZONE)
VISIT, ENROLMENT = time(10, 30), time(12, 45)
#: Phones that send within the same hour do so at its end, side by side.
HOUR = timedelta(hours=1)
SIDE_BY_SIDE = 4


@dataclass
class Loader:
    walk: Walk
    mailbox: Mailbox
    line: httpx.Client
    people: Sequence[Person]
    secret: str
    until: datetime

    def begin(self) -> datetime:
        """The morning on which the clinic opens, before the first patient comes."""
        first = min(person.index_date for person in self.people)
        return datetime.combine(first, time(8), ZONE)

    def run(self, seen: Callable[[datetime, int, int, int], None]) -> clinics.Clinic:
        self.walk.start(self.begin())
        self.clinic = clinics.open_clinic(self.mailbox, self.walk, secret=self.secret)
        self.phones = {
            person.email: Phone(person, self.line, self.secret, f"198.51.100.{number}")
            for number, person in enumerate(self.people, start=1)
        }
        self.desk = Desk(
            nurse=self.clinic.nurse,
            physician=self.clinic.physician,
            people={person.email: person for person in self.people},
            today=self.until.astimezone(ZONE),
        )
        self.walk.through(
            self._happenings(),
            until=self.until,
            new_day=lambda at: seen(
                at, DiaryEntry.objects.count(), Flag.objects.count(), len(self.mailbox)
            ),
        )
        return self.clinic

    def _happenings(self) -> Iterator[Happening]:
        plans = (*self._arrivals(), *self._syncs(), *self._desk())
        for order, (at, act) in enumerate(plans):
            yield Happening(at, order, act)

    def _arrivals(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for person in self.people:
            yield _wall(person.index_date, VISIT), partial(self.clinic.register, person)
            yield _wall(person.index_date, ENROLMENT), partial(self._enrol, person)
            zone = person.time_zone
            for move in person.moves():
                # Told on the last evening in the old zone, it holds from the next day on.
                eve = person.day(move.day - 1)
                at = datetime.combine(eve, time(22, 45), ZoneInfo(zone))
                yield at, partial(self.phones[person.email].move, move.time_zone)
                zone = move.time_zone

    def _enrol(self, person: Person) -> None:
        [invitation] = self.mailbox.to(person.email)
        self.phones[person.email].enrol(invitation.links[0])

    def _syncs(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        by_moment: dict[datetime, dict[str, list[Log]]] = defaultdict(lambda: defaultdict(list))
        for person in self.people:
            for log in person.diary:
                by_moment[_end_of_hour(log.sent_at)][person.email].append(log)
        for at, parcels in by_moment.items():
            yield at, partial(self._send, parcels)

    def _send(self, parcels: dict[str, list[Log]]) -> None:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(self._write, parcels, parcels.values()))

    def _write(self, address: str, logs: Sequence[Log]) -> None:
        phone = self.phones[address]
        if phone.has_news(self.mailbox.to(address)):
            phone.read_messages()
        phone.sync(logs)

    def _desk(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        day = self.begin().date()
        while day <= self.until.astimezone(ZONE).date():
            for wall in WEEKEND_LOOK if day.weekday() >= 5 else ROUNDS:
                yield _wall(day, wall), self.desk.round
            if day.weekday() == 2:
                yield _wall(day, time(16, 50)), self.desk.weekly_look
            day += timedelta(days=1)


def _wall(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, ZONE)


def _end_of_hour(at: datetime) -> datetime:
    return datetime.fromtimestamp(
        -(-at.timestamp() // HOUR.total_seconds()) * HOUR.total_seconds(), at.tzinfo
    )
