"""Invent the patients: the same people and diaries for the same seed and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Any

from demo.people import NAMES, Name
from demo.record_writer import Log, RecordWriter, ZoneChange
from demo.stories import STORIES, Story

WEEKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    email: str
    sex: str
    birth_date: date
    story: Story
    index_date: date
    onset_date: date
    habit: time  #: the local time at which they usually write
    reminder_time: str | None
    diary: Sequence[Log]

    @property
    def title(self) -> str:
        return self.story.title

    @property
    def time_zone(self) -> str:
        return self.story.zone_changes[0].time_zone

    def day(self, number: int) -> date:
        return self.index_date + timedelta(days=number - 1)

    def zone_changes(self) -> Sequence[ZoneChange]:
        return self.story.zone_changes[1:]

    def history(self) -> dict[str, Any]:
        """Return this person's history as `manage.py replay` reads it."""
        zones = [
            {"from": self.day(change.day).isoformat(), "time_zone": change.time_zone}
            for change in self.story.zone_changes
        ]
        return {
            "patient": {
                "ref": self.email,
                "time_zone": self.time_zone,
                "time_zones": zones,
                "birth_date": self.birth_date.isoformat(),
                "sex": self.sex,
            },
            "episode": {
                "index_date": self.index_date.isoformat(),
                "onset_date": self.onset_date.isoformat(),
                "conservative_min_days": self.story.min_days,
            },
            "plan": list(self.story.plan),
            "records": [_version(log) for log in self.diary],
        }


def cohort(*, seed: int, today: date, stories: Sequence[Story] = STORIES) -> tuple[Person, ...]:
    """Invent one person for each story; enrolments spread over the first four days."""
    rng = Random(seed)  # noqa: S311 - a story, not a secret
    names = rng.sample(NAMES, len(stories))
    return tuple(
        _person(name, story, today=today, rng=Random(f"{seed}/{number}"))  # noqa: S311 - as above
        for number, (name, story) in enumerate(zip(names, stories, strict=True))
    )


def _person(name: Name, story: Story, *, today: date, rng: Random) -> Person:
    index_date = today - timedelta(weeks=WEEKS, days=rng.randrange(4))
    habit = time(rng.randint(18, 21), rng.choice((5, 20, 35, 50)))
    writer = RecordWriter(
        index_date=index_date, today=today, zone_changes=story.zone_changes, habit=habit, rng=rng
    )
    story.write(writer)
    return Person(
        name=name.full,
        email=name.email,
        sex=name.sex,
        birth_date=today - timedelta(days=rng.randint(29 * 365, 58 * 365)),
        story=story,
        index_date=index_date,
        onset_date=index_date - timedelta(weeks=story.weeks_of_pain),
        habit=habit,
        reminder_time="21:00" if story.forgets or rng.random() < 0.4 else None,
        diary=writer.logs(offline=story.offline),
    )


def _version(log: Log) -> dict[str, Any]:
    number = log.base_revision + 1
    replaces = {"replaces": f"{log.id}/{log.base_revision}"} if log.base_revision else {}
    return {**log.record, "id": f"{log.id}/{number}", **replaces}
