"""Ordinary days: how someone keeps a diary and follows a care plan, or does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from demo.pen import Pen, Product

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
    """How likely each part of the plan is done on a day that asks for it."""

    exercise: float = 0.75
    heat: float = 0.65
    diligent: bool = False  #: does everything, and takes the prescribed medicine
    pills: bool = True

    @property
    def chance(self) -> tuple[float, float]:
        return (0.95, 0.9) if self.diligent else (self.exercise, self.heat)


def live_through(
    pen: Pen,
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
    """Write the days from `since` to `until`; now and then one is forgotten."""
    for day in range(since, (until or pen.yesterday) + 1):
        if day in skip or pen.rng.random() < (0.04 if every_day else 0.15):
            continue
        score = _about(pen, pain(day), noise)
        note = pen.rng.choice(words) if pen.rng.random() < 0.22 else ""
        pen.diary(day, score, note=note, **(_limits(score) | scales(day)))
        _care(pen, day, score, habits)


def _about(pen: Pen, pain: int, noise: int) -> int:
    """No day is like the next, but noise alone makes nobody a severe case."""
    return max(0, min(max(pain, 6), pain + pen.rng.randint(-noise, noise)))


def _limits(pain: int) -> dict[str, int]:
    """How much an ordinary day of such pain takes away."""
    return {
        "standing": max(0, min(2, (pain - 2) // 2)),
        "walking": max(0, min(2, (pain - 3) // 2)),
        "sleep": min(3, pain // 3),
        "activity": min(3, pain // 3),
    }


def _care(pen: Pen, day: int, pain: int, habits: Habits) -> None:
    exercise, heat = habits.chance
    if day % 7 in THERAPY_DAYS:
        if pen.rng.random() < exercise:
            pen.session(day, "physical_therapy", time(11, 30), 45)
    elif pen.rng.random() < exercise:
        pen.session(day, "home_exercise", time(7, 15), pen.rng.choice((15, 20, 25)))
    if pain >= 2 and pen.rng.random() < heat:
        (pen.cold if day <= 3 else pen.heat)(day)
    if habits.diligent:
        pen.took(day, NAPROXEN, time(8))
        if pen.rng.random() < 0.95:
            pen.took(day, NAPROXEN, time(17, 30))
    elif habits.pills and pain >= 4 and pen.rng.random() < 0.35:
        pen.took(day, TYLENOL, time(14))
