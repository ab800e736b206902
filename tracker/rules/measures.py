"""The measures of conservative care, each declared once.

How a measure is called, logged and planned, and what it counts for in the adequate trial
(section 7): the types of sessions, the choices of a plan, their labels and the trial's
categories all derive from here. A new measure is one more line of MEASURES.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LoggedAs(StrEnum):
    """The kind of record in which a patient logs it."""

    SESSION = "therapy_session"
    INTAKE = "medication_intake"
    COMPRESS = "compress_use"


class Unit(StrEnum):
    """The field of a plan that says how much of it."""

    SESSIONS = "sessions_per_week"
    DOSES = "doses_per_day"
    MINUTES = "minutes_per_day"


class Category(StrEnum):
    """What it counts for in the adequate trial."""

    ACTIVE = "active"
    MEDICINE = "medicine"
    THERMAL = "thermal"
    MANUAL = "manual"
    BRACE = "brace"
    INJECTION = "injection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    #: As records, plans and the database have it; at most 24 characters.
    name: str
    label: str
    #: None counts for nothing.
    category: Category | None
    logged_as: LoggedAs = LoggedAs.SESSION
    planned_in: frozenset[Unit] = frozenset({Unit.SESSIONS})
    #: The `type` of a compress use, where it is one.
    compress: str | None = None


PHYSICAL_THERAPY = Measure(
    name="physical_therapy", label="Physical therapy", category=Category.ACTIVE
)
HOME_EXERCISE = Measure(name="home_exercise", label="Home exercise", category=Category.ACTIVE)
MEDICATION = Measure(
    name="medication",
    label="Medicine",
    category=Category.MEDICINE,
    logged_as=LoggedAs.INTAKE,
    planned_in=frozenset({Unit.DOSES}),
)

MEASURES: tuple[Measure, ...] = (
    PHYSICAL_THERAPY,
    HOME_EXERCISE,
    MEDICATION,
    Measure(
        name="hot_compress",
        label="Hot compress",
        category=Category.THERMAL,
        logged_as=LoggedAs.COMPRESS,
        compress="hot",
    ),
    Measure(
        name="cold_compress",
        label="Cold compress",
        category=Category.THERMAL,
        logged_as=LoggedAs.COMPRESS,
        compress="cold",
    ),
    Measure(name="massage", label="Massage", category=Category.MANUAL),
    Measure(name="acupuncture", label="Acupuncture", category=Category.MANUAL),
    Measure(name="manipulation", label="Manipulation", category=Category.MANUAL),
    Measure(
        name="brace",
        label="Brace",
        category=Category.BRACE,
        planned_in=frozenset({Unit.SESSIONS, Unit.MINUTES}),
    ),
    Measure(name="injection", label="Injection", category=Category.INJECTION),
    Measure(name="activity_modification", label="Reduced activity", category=None),
)


def labels() -> dict[str, str]:
    """The label of every measure by its name."""
    return {measure.name: measure.label for measure in MEASURES}


def names_logged_as(kind: LoggedAs) -> tuple[str, ...]:
    return tuple(measure.name for measure in MEASURES if measure.logged_as is kind)


def names_of(category: Category) -> tuple[str, ...]:
    return tuple(measure.name for measure in MEASURES if measure.category is category)


def names_planned_in(unit: Unit) -> tuple[str, ...]:
    return tuple(measure.name for measure in MEASURES if unit in measure.planned_in)


def compresses() -> dict[str, str]:
    """The `type` of a compress use by the name of its measure."""
    return {measure.name: measure.compress for measure in MEASURES if measure.compress}
