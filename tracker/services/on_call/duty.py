"""Compute who is on duty: turns in wall time, across clock changes, and overrides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from tracker.models import Rotation
from tracker.services.local_time.wall_time import instant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """People who take turns, round and round, before its first date as well as after."""

    zone: ZoneInfo
    members: tuple[UUID, ...]
    turn_days: int
    hand_over_time: time
    first_date: date  #: a turn of the first member begins on it

    def turn_at(self, at: datetime) -> int:
        day = at.astimezone(self.zone).date() + timedelta(days=1)
        while instant_of(day, self.hand_over_time, self.zone) > at:
            day -= timedelta(days=1)
        return (day - self.first_date).days // self.turn_days

    def start_of(self, turn: int) -> datetime:
        day = self.first_date + timedelta(days=turn * self.turn_days)
        return instant_of(day, self.hand_over_time, self.zone)

    def member_at(self, at: datetime) -> UUID | None:
        return self.members[self.turn_at(at) % len(self.members)] if self.members else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody takes this span, its end not included."""

    clinician: UUID
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A span without a change; `clinician` is null when nobody is on duty."""

    clinician: UUID | None
    starts_at: datetime
    ends_at: datetime
    is_override: bool


def on_duty(roster: Roster, overrides: Sequence[Override], at: datetime) -> UUID | None:
    """The one person on duty; nobody if the roster is empty.

    `overrides` stand in the order in which they were entered: of two at once the later holds.
    """
    taken = _taken(overrides, at)
    return taken.clinician if taken else roster.member_at(at)


def shifts(
    roster: Roster, overrides: Sequence[Override], *, start: datetime, end: datetime
) -> list[Shift]:
    """Who is on duty from `start` to `end`, without a gap or an overlap."""
    cuts = sorted({start, end, *_cuts(roster, overrides, start, end)})
    return [
        Shift(
            clinician=on_duty(roster, overrides, begins),
            starts_at=begins,
            ends_at=ends,
            is_override=_taken(overrides, begins) is not None,
        )
        for begins, ends in pairwise(cuts)
    ]


def _taken(overrides: Sequence[Override], at: datetime) -> Override | None:
    return next((each for each in reversed(overrides) if each.holds(at)), None)


def _cuts(
    roster: Roster, overrides: Sequence[Override], start: datetime, end: datetime
) -> Iterator[datetime]:
    """Where the person may change: hand-overs that are not overridden, and overrides' ends."""
    for override in overrides:
        yield from (at for at in (override.starts_at, override.ends_at) if start < at < end)
    turn = roster.turn_at(start) + 1
    while (begins := roster.start_of(turn)) < end:
        if _taken(overrides, begins) is None:
            yield begins
        turn += 1


def roster_of(rotation: Rotation) -> Roster:
    return Roster(
        zone=rotation.clinic.zone,
        members=tuple(rotation.members.values_list("clinician_id", flat=True)),
        turn_days=rotation.turn_days,
        hand_over_time=rotation.hand_over_time,
        first_date=rotation.first_date,
    )


def overrides_of(rotation: Rotation, *, since: datetime) -> list[Override]:
    """Those that are not over by `since`, in the order in which they were entered."""
    held = rotation.overrides.filter(ends_at__gt=since).order_by("id")
    return [
        Override(clinician=each.clinician_id, starts_at=each.starts_at, ends_at=each.ends_at)
        for each in held
    ]


def person(rotation: Rotation, at: datetime) -> UUID | None:
    return on_duty(roster_of(rotation), overrides_of(rotation, since=at), at)
