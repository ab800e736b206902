"""Write ordinary days: how someone keeps a diary and follows a care plan, or does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from demo.record_writer import Product, RecordWriter

NAPROXEN = Product("Naproxen 500 mg", "naproxen", 500, prescribed=True)
TYLENOL = Product("Tylenol Extra Strength", "acetaminophen", 1000)

_MOVEMENT: tuple[dict[str, Any], ...] = (
    {"measure": "physical_therapy", "sessions_per_week": 2},
    {"measure": "home_exercise", "sessions_per_week": 5},
    {"measure": "hot_compress", "sessions_per_week": 5},
)
USUAL_PLAN = (
    *_MOVEMENT,
    {
        "measure": "medication",
        "ingredients": [{"name": "acetaminophen", "mg": 1000, "max_mg_per_day": 3000}],
        "route": "oral",
        "prescribed": False,
    },
)
NAPROXEN_PLAN = (
    *_MOVEMENT,
    {
        "measure": "medication",
        "ingredients": [{"name": "naproxen", "mg": 500, "max_mg_per_day": 1000}],
        "route": "oral",
        "prescribed": True,
        "doses_per_day": 2,
    },
)

#: Days of the week of the episode on which the person sees the physical therapist.
THERAPY_DAYS = frozenset({2, 5})


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How likely each part of the plan is done on a day for which it is planned."""

    exercise: float = 0.75
    heat: float = 0.65
    diligent: bool = False  #: does everything, and takes the prescribed medicine
    pills: bool = True

    @property
    def chance(self) -> tuple[float, float]:
        return (0.95, 0.9) if self.diligent else (self.exercise, self.heat)


def write_days(
    writer: RecordWriter,
    *,
    pain: Callable[[int], int],
    words: Sequence[str],
    since: int = 1,
    until: int | None = None,
    skip: Collection[int] = (),
    scales: Callable[[int], dict[str, int]] = lambda day: {},
    habits: Habits = Habits(),
    noise: int = 1,
    every_day: bool = True,
) -> None:
    """Write the days from `since` to `until`, without some that are forgotten."""
    for day in range(since, (until or writer.yesterday) + 1):
        if day in skip or writer.rng.random() < (0.04 if every_day else 0.15):
            continue
        score = _about(writer, pain(day), noise)
        note = writer.rng.choice(words) if writer.rng.random() < 0.22 else ""
        writer.diary(day, score, note=note, **(_limits(score) | scales(day)))
        _care(writer, day, score, habits)


def _about(writer: RecordWriter, pain: int, noise: int) -> int:
    """Return the pain with noise, which alone never makes a severe case."""
    return max(0, min(max(pain, 6), pain + writer.rng.randint(-noise, noise)))


def _limits(pain: int) -> dict[str, int]:
    """Return the limits that usually come with such pain."""
    return {
        "standing": max(0, min(2, (pain - 2) // 2)),
        "walking": max(0, min(2, (pain - 3) // 2)),
        "sleep": min(3, pain // 3),
        "activity": min(3, pain // 3),
    }


def _care(writer: RecordWriter, day: int, pain: int, habits: Habits) -> None:
    exercise, heat = habits.chance
    if day % 7 in THERAPY_DAYS:
        if writer.rng.random() < exercise:
            writer.session(day, "physical_therapy", time(11, 30), 45)
    elif writer.rng.random() < exercise:
        writer.session(day, "home_exercise", time(7, 15), writer.rng.choice((15, 20, 25)))
    if pain >= 2 and writer.rng.random() < heat:
        (writer.cold if day <= 3 else writer.heat)(day)
    if habits.diligent:
        writer.took(day, NAPROXEN, time(8))
        if writer.rng.random() < 0.95:
            writer.took(day, NAPROXEN, time(17, 30))
    elif habits.pills and pain >= 4 and writer.rng.random() < 0.35:
        writer.took(day, TYLENOL, time(14))
