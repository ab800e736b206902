"""Section 8: what was saved, when, and the means of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def base(name: str) -> str:
    return "naproxen" if name == "naproxen sodium" else name


def base_mg(dose: dict[str, Any]) -> Fraction:
    mg = Fraction(str(dose["mg"]))
    return mg * 200 / 220 if dose["name"] == "naproxen sodium" else mg


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class Diary:
    def __init__(self, document: dict[str, Any]) -> None:
        self.zone = ZoneInfo(document["patient"]["time_zone"])
        self.patient = document["patient"]
        self.plan = document.get("plan", [])
        episode = document["episode"]
        self.index = Date.fromisoformat(episode["index_date"])
        surgery = episode.get("surgery_date")
        self.surgery = Date.fromisoformat(surgery) if surgery else None
        self.min_days = episode.get("conservative_min_days") or 42
        self.excused = episode.get("excused", [])
        self.closures = [(instant(c["at"]), c["rule"]) for c in document.get("closures", [])]
        self.diaries: dict[Date, list[tuple[datetime, dict]]] = defaultdict(list)
        self.pegs: dict[Date, list[tuple[datetime, dict]]] = defaultdict(list)
        self.treatments: list[tuple[datetime, datetime, Date, dict]] = []
        self.last = Date.min
        for record in document["records"]:
            self._file(record)

    def _file(self, record: dict[str, Any]) -> None:
        if record["kind"] in {"diary_entry", "peg"}:
            day = Date.fromisoformat(record["date"])
            shelf = self.diaries if record["kind"] == "diary_entry" else self.pegs
            shelf[day].append((instant(record["submitted_at"]), record))
            shelf[day].sort(key=lambda each: each[0])
        else:
            at = instant(record["at"])
            day = at.astimezone(self.zone).date()
            submitted = instant(record.get("submitted_at") or record["at"])
            if submitted.astimezone(self.zone).date() - day <= 7 * DAY:
                self.treatments.append((submitted, at, day, record))
        self.last = max(self.last, day)

    # The calendar

    def start(self, day: Date) -> datetime:
        return datetime.combine(day, time(0), tzinfo=self.zone).astimezone(UTC)

    def noon(self, day: Date) -> datetime:
        return datetime.combine(day + DAY, time(12), tzinfo=self.zone).astimezone(UTC)

    def episode(self, day: Date) -> tuple[int, Date]:
        if self.surgery and day >= self.surgery + 42 * DAY > self.index:
            return 2, self.surgery + 42 * DAY
        return 1, self.index

    def is_muted(self, day: Date) -> bool:
        return bool(self.surgery) and self.surgery <= day < self.surgery + 42 * DAY

    # The diary as it stood: entries first saved by `entered`, values as of `values`

    def value(self, day: Date, field: str, entered: datetime, values: datetime) -> Any:
        versions = self.diaries.get(day, [])
        if not versions or versions[0][0] > entered:
            return None
        return [v for at, v in versions if at <= values][-1].get(field)

    def has_entry(self, day: Date, entered: datetime) -> bool:
        versions = self.diaries.get(day, [])
        return bool(versions) and versions[0][0] <= entered

    def is_on_time(self, day: Date, entered: datetime) -> bool:
        versions = self.diaries.get(day, [])
        if not versions or versions[0][0] > entered:
            return False
        return self.start(day) <= versions[0][0] < self.noon(day)

    def is_analyzed(self, day: Date, entered: datetime) -> bool:
        versions = self.diaries.get(day, [])
        if not versions or versions[0][0] > entered:
            return False
        until = self.start(day + DAY) + timedelta(hours=48)
        return self.is_on_time(day, entered) or self.noon(day) <= versions[0][0] < until

    def pain(self, day: Date, entered: datetime, values: datetime) -> int | None:
        if day < self.episode(self.seen)[1] or not self.is_on_time(day, entered):
            return None
        return self.value(day, "pain_average", entered, values)

    def function(self, day: Date, entered: datetime, values: datetime) -> int | None:
        if day < self.episode(self.seen)[1] or not self.is_on_time(day, entered):
            return None
        floor = self.patient.get("function_floor") or 0
        levels = [self.value(day, each, entered, values) for each in ("standing", "walking")]
        given = [0 if level <= floor else level for level in levels if level is not None]
        return max(given) if given else None

    def mean(self, days: list[Date], entered: datetime, values: datetime) -> Fraction | None:
        on_time = [d for d in days if self.pain(d, entered, values) is not None]
        if len(on_time) < 4:
            return None
        pains = [
            self.value(d, "pain_average", entered, values)
            for d in days
            if self.is_analyzed(d, entered)
        ]
        given = [p for p in pains if p is not None]
        return Fraction(sum(given), len(given))

    def week(self, day: Date, entered: datetime, values: datetime) -> Fraction | None:
        first = self.episode(self.seen)[1]
        if (day - first).days + 1 < 7:
            return None
        return self.mean([day - i * DAY for i in range(7)], entered, values)

    def baseline(self, day: Date, entered: datetime, values: datetime) -> Fraction | None:
        first = self.episode(self.seen)[1]
        for k in range(7, 15):
            if first + (k - 1) * DAY > day:
                return None
            found = self.mean([first + i * DAY for i in range(k)], entered, values)
            if found is not None:
                return found
        return None
