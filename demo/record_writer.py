"""Write records of the replay contract: turns "day 12, pain 5" into a diary entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A version of a record: saved on the phone, sent as soon as it is online."""

    id: UUID
    record: Record
    submitted_at: datetime
    sent_at: datetime
    note: str = ""
    base_revision: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A medicine as its package names it, with the milligrams of one dose."""

    name: str
    ingredient: str
    mg: int
    prescribed: bool = False


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """From this day of the episode on, the phone is in this zone."""

    day: int
    time_zone: str


class RecordWriter:
    """Writes one person's records. Day 1 is the index date; `yesterday` the last whole day."""

    def __init__(
        self,
        *,
        index_date: date,
        today: date,
        zone_changes: Sequence[ZoneChange],
        habit: time,
        rng: Random,
    ) -> None:
        self.index_date = index_date
        self.yesterday = (today - index_date).days
        self.zone_changes = zone_changes
        self.habit = habit
        self.rng = rng
        self._logs: list[Log] = []
        self._saved_at: dict[int, datetime] = {}

    def ago(self, days: int) -> int:
        """Return the number of the day that was that many days before today."""
        return self.yesterday + 1 - days

    def instant(self, day: int, wall: time) -> datetime:
        zone = next(each.time_zone for each in reversed(self.zone_changes) if each.day <= day)
        local = datetime.combine(self._date(day), wall, ZoneInfo(zone))
        # UTC at once: arithmetic on zoned datetimes is wrong when the clocks change.
        return local.astimezone(UTC)

    def evening(self, day: int) -> datetime:
        """Return when the person writes the day's entry: around their usual time."""
        if day not in self._saved_at:
            late = timedelta(minutes=self.rng.randint(-20, 20))
            self._saved_at[day] = self.instant(day, self.habit) + late
        return self._saved_at[day]

    def diary(self, day: int, pain: int, *, note: str = "", **scales: int) -> Log:
        scores = {"pain_average": pain, "pain_worst": min(10, pain + self.rng.randint(0, 2))}
        record = {"kind": "diary_entry", "date": self._date(day).isoformat(), **scores, **scales}
        return self._save(record, self.evening(day), note=note)

    def heat(self, day: int, *, minutes: int = 20) -> None:
        self._compress(day, "hot", minutes)

    def cold(self, day: int, *, minutes: int = 15) -> None:
        self._compress(day, "cold", minutes)

    def took(self, day: int, product: Product, *walls: time, at_once: bool = False) -> None:
        """Take one dose at each of these times; logged in the evening, or at once."""
        for wall in walls:
            record = {
                "kind": "medication_intake",
                "product": product.name,
                "ingredients": [{"name": product.ingredient, "mg": product.mg}],
                "route": "oral",
                "prescribed": product.prescribed,
            }
            at = self.instant(day, wall)
            self._save(record | _at(at), at if at_once else max(at, self.evening(day)))

    def session(self, day: int, type_: str, wall: time, minutes: int) -> None:
        at = self.instant(day, wall)
        record = {"kind": "therapy_session", "type": type_, "minutes": minutes, **_at(at)}
        self._save(record, max(at, self.evening(day)))

    def checklist(self, day: int, wall: time, *, note: str = "", **answers: str) -> Log:
        at = self.instant(day, wall)
        record = {"kind": "red_flag_checklist", "answers": answers, **_at(at)}
        return self._save(record, at, note=note)

    def correct(self, log: Log, *, after: timedelta, reason: str, **changes: int) -> None:
        """Add a new version of a diary entry."""
        at = log.submitted_at + after
        record = {**log.record, **changes, "submitted_at": at.isoformat()}
        self._logs.append(
            replace(
                log,
                record=record,
                submitted_at=at,
                sent_at=at,
                base_revision=log.base_revision + 1,
                reason=reason,
            )
        )

    def logs(self, *, offline: tuple[int, int] | None = None) -> tuple[Log, ...]:
        """Return all logs by time of sending; those of `offline` days are sent the day after."""
        if offline is None:
            return tuple(sorted(self._logs, key=_by_time))
        start = self.instant(offline[0], time.min)
        back = self.instant(offline[1] + 1, time(9, 40))
        return tuple(
            sorted(
                (
                    replace(log, sent_at=back) if start <= log.submitted_at < back else log
                    for log in self._logs
                ),
                key=_by_time,
            )
        )

    def _compress(self, day: int, type_: str, minutes: int) -> None:
        at = self.evening(day) - timedelta(minutes=minutes + self.rng.randint(5, 50))
        record = {"kind": "compress_use", "type": type_, "minutes": minutes, **_at(at)}
        self._save(record, self.evening(day))

    def _save(self, record: Record, at: datetime, *, note: str = "") -> Log:
        log = Log(
            id=UUID(int=self.rng.getrandbits(128), version=4),
            record={**record, "submitted_at": at.isoformat()},
            submitted_at=at,
            sent_at=at,
            note=note,
        )
        self._logs.append(log)
        return log

    def _date(self, day: int) -> date:
        return self.index_date + timedelta(days=day - 1)


def _at(at: datetime) -> Record:
    return {"at": at.isoformat()}


def _by_time(log: Log) -> tuple[datetime, datetime, bool]:
    """A correction comes after what it corrects, a day's diary before its treatments."""
    return (log.sent_at, log.submitted_at, log.record["kind"] != "diary_entry")
