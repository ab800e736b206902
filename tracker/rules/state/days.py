"""The days of which something is known, and what a checkpoint carries of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.history.records import Dose, MedicationIntake
from tracker.rules.medicines.intakes import TakenDose
from tracker.rules.state.day import NO_DAY, Day, injections

#: No pain is known of a day, in `CarriedDays.pains`.
_UNKNOWN = 255


class CarriedDay(Struct, frozen=True, array_like=True):
    """A day as plain data; whether it is excused, the episode says."""

    day: int
    has_entry: bool
    is_analyzed: bool
    is_on_time: bool
    pain: int | None
    function: int | None
    sleep: int | None
    activity: int | None
    treatments: int
    thermal_uses: int
    brace_minutes: int
    sessions: dict[str, int]
    #: When, and the position of what in `CarriedDays.medicines`.
    doses: list[tuple[datetime, int]]

    @property
    def injections(self) -> int:
        return injections(self.sessions)


class CarriedDays(Struct, frozen=True, array_like=True):
    kept_from: int
    #: The days from `kept_from` on.
    days: list[CarriedDay]
    #: Each medicine once, as one of its intakes.
    medicines: list[MedicationIntake]
    #: Analyzed pain of earlier days, one byte for each from `pains_from` up to `kept_from`.
    pains_from: int
    pains: bytes


class Days(dict[int, Day]):
    """Days by ordinal; one of which nothing is known is `NO_DAY`, for reading only.

    Those of a checkpoint are unpacked when they are first read.
    """

    def __init__(self, excused: frozenset[int], carried: CarriedDays | None) -> None:
        super().__init__()
        self._excused = excused
        #: Earlier days are here no longer, except for their pain.
        self.kept_from = carried.kept_from if carried else 0
        self._packed = {each.day: each for each in carried.days} if carried else {}
        self._medicines = [TakenDose.of(each, 0) for each in carried.medicines] if carried else []
        self._pains_from = carried.pains_from if carried else 0
        self._pains = carried.pains if carried else b""

    def __missing__(self, day: int) -> Day:
        packed = self._packed.get(day)
        if packed is None:
            return NO_DAY
        found = self[day] = Day(is_excused=day in self._excused)
        found.has_entry = packed.has_entry
        found.is_analyzed = packed.is_analyzed
        found.is_on_time = packed.is_on_time
        found.pain, found.function = packed.pain, packed.function
        found.sleep, found.activity = packed.sleep, packed.activity
        found.treatments, found.thermal_uses = packed.treatments, packed.thermal_uses
        found.brace_minutes = packed.brace_minutes
        if packed.sessions:
            found.sessions.update(packed.sessions)
        medicines = self._medicines
        found.doses = [medicines[which].again(at, day) for at, which in packed.doses]
        return found

    def opened(self, day: int) -> Day:
        """A day to write in."""
        found = self[day]
        if found is NO_DAY:
            found = self[day] = Day(is_excused=day in self._excused)
        self._packed.pop(day, None)
        return found

    def peek(self, day: int) -> Day | CarriedDay:
        """A day as it is, for its pain or injections: most are read for nothing else."""
        return self.get(day) or self._packed.get(day) or NO_DAY

    def pain(self, day: int) -> int | None:
        """Analyzed pain of a day, however long ago."""
        if day >= self.kept_from:
            return self[day].pain
        position = day - self._pains_from
        pain = self._pains[position] if 0 <= position < len(self._pains) else _UNKNOWN
        return None if pain == _UNKNOWN else pain

    def doses_from(self, first: int) -> Iterator[TakenDose]:
        """What was taken from a day on, in order of days."""
        for day in sorted(day for day in {*self, *self._packed} if day >= first):
            yield from self[day].doses

    def carried(self, kept_from: int) -> CarriedDays:
        """Plain data of the days from `kept_from` on; of earlier ones, pain alone."""
        medicines = _Medicines()
        numbers = {}
        days = []
        for packed in self._packed.values():
            if packed.day >= kept_from:
                for _, which in packed.doses:
                    if which not in numbers:
                        numbers[which] = medicines.number(self._medicines[which])
                doses = [(at, numbers[which]) for at, which in packed.doses]
                days.append(replace(packed, doses=doses))
        for day, each in self.items():
            if day >= kept_from and day not in self._packed:
                doses = [(dose.at, medicines.number(dose)) for dose in each.doses]
                days.append(_packed(day, each, doses))
        days.sort(key=_day)
        pains_from, pains = self._earlier_pains(kept_from)
        return CarriedDays(kept_from, days, medicines.intakes, pains_from, pains)

    def _earlier_pains(self, upto: int) -> tuple[int, bytes]:
        given = (day for day in (*self, *self._packed) if self.kept_from <= day < upto)
        first = self._pains_from if self._pains else min(given, default=upto)
        since = range(first + len(self._pains), upto)
        pains = (self.peek(day).pain for day in since)
        added = bytes(_UNKNOWN if pain is None else pain for pain in pains)
        return first, self._pains + added


def _day(packed: CarriedDay) -> int:
    return packed.day


def _packed(day: int, each: Day, doses: list[tuple[datetime, int]]) -> CarriedDay:
    return CarriedDay(
        day,
        each.has_entry,
        each.is_analyzed,
        each.is_on_time,
        each.pain,
        each.function,
        each.sleep,
        each.activity,
        each.treatments,
        each.thermal_uses,
        each.brace_minutes,
        dict(each.sessions),
        doses,
    )


class _Medicine(NamedTuple):
    product: str | None
    route: str
    is_prescribed: bool
    ingredients: tuple[Dose, ...]


class _Medicines:
    """Numbers medicines in the order in which they are met."""

    def __init__(self) -> None:
        self.intakes: list[MedicationIntake] = []
        self._numbers: dict[_Medicine, int] = {}

    def number(self, dose: TakenDose) -> int:
        taken = dose.intake
        key = _Medicine(taken.product, taken.route, taken.prescribed, taken.ingredients)
        if key not in self._numbers:
            self._numbers[key] = len(self.intakes)
            self.intakes.append(replace(taken, id=None, replaces=None, submitted_at=None))
        return self._numbers[key]
