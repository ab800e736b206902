"""The document of a replayed history: patient, episode, plan, records, closures, rulesets.

The fields are those of the replay contract (docs/replay.md).
"""

from __future__ import annotations

from datetime import date as Date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from tracker.rules.history.records import (
    FunctionLevel,
    IngredientName,
    Instant,
    MicrogramsPerHour,
    Milligrams,
    Record,
    Route,
    StrictStruct,
)
from tracker.rules.measures import labels

_IntWeekly = Annotated[int, Meta(gt=0, le=70)]
_FloatWeekly = Annotated[float, Meta(gt=0, le=70)]
SessionsPerWeek = _IntWeekly | _FloatWeekly
_IntMme = Annotated[int, Meta(ge=0, le=10_000)]
_FloatMme = Annotated[float, Meta(ge=0, le=10_000)]
MorphineEquivalents = _IntMme | _FloatMme

if TYPE_CHECKING:
    MeasureName = str
else:
    MeasureName = Literal[tuple(labels())]
Waiver = Literal["contraindicated", "unavailable", "not_tolerated"]
Condition = Literal[
    "osteoporosis",
    "long_term_steroid",
    "immunosuppressed",
    "iv_drug_use",
    "dialysis",
    "recent_spinal_procedure",
    "cancer_history",
    "known_aortic_aneurysm",
    "ulcer_or_gi_bleed",
    "chronic_kidney_disease",
    "heart_failure",
    "cirrhosis",
    "pregnancy_20_weeks",
    "long_term_opioid",
]
Sex = Literal["female", "male", "intersex", "other", "unknown"]


class ZoneChange(StrictStruct, frozen=True, kw_only=True, rename={"from_date": "from"}):
    """From this local date on, days are counted in this zone."""

    from_date: Date
    time_zone: str


class PatientDocument(StrictStruct, frozen=True, kw_only=True):
    ref: Annotated[str, Meta(min_length=1, max_length=200)]
    time_zone: str
    time_zones: tuple[ZoneChange, ...] = ()
    birth_date: Date | None = None
    sex: Sex | None = None
    conditions: tuple[Condition, ...] = ()
    #: Long-standing mobility aid: levels up to this one do not count.
    function_floor: FunctionLevel | None = None
    #: Daily morphine equivalents that a clinician knows of and accepts.
    mme_acknowledged: MorphineEquivalents | None = None


class ExcusedDays(
    StrictStruct, frozen=True, kw_only=True, rename={"from_date": "from", "until_date": "until"}
):
    """Both ends count: hospital, travel, told to pause, a side effect."""

    from_date: Date
    until_date: Date
    reason: Annotated[str, Meta(max_length=500)] | None = None


class EpisodeDocument(StrictStruct, frozen=True, kw_only=True):
    index_date: Date
    onset_date: Date | None = None
    surgery_date: Date | None = None
    conservative_min_days: Annotated[int, Meta(ge=1, le=730)] | None = None
    excused: tuple[ExcusedDays, ...] = ()


class PlannedDose(StrictStruct, frozen=True, kw_only=True):
    name: IngredientName
    mg: Milligrams | None = None
    mcg_per_hour: MicrogramsPerHour | None = None
    max_mg_per_day: Milligrams | None = None


class PlannedMeasure(
    StrictStruct, frozen=True, kw_only=True, rename={"from_date": "from", "until_date": "until"}
):
    """One line of the care plan; both ends of its period count."""

    measure: MeasureName
    sessions_per_week: SessionsPerWeek | None = None
    #: Null is "as needed".
    doses_per_day: Annotated[int, Meta(ge=1, le=24)] | None = None
    minutes_per_day: Annotated[int, Meta(ge=1, le=1440)] | None = None
    ingredients: Annotated[tuple[PlannedDose, ...], Meta(max_length=20)] = ()
    route: Route = "oral"
    prescribed: bool = False
    waived: Waiver | None = None
    from_date: Date | None = None
    until_date: Date | None = None


class Closure(StrictStruct, frozen=True, kw_only=True):
    """A clinician closed the open flag of this rule."""

    rule: Annotated[str, Meta(min_length=1, max_length=40)]
    at: Instant


class RulesetPeriod(StrictStruct, frozen=True, kw_only=True, rename={"from_date": "from"}):
    """From this local date on the clinic ran this version, with these numbers changed."""

    from_date: Date
    version: str
    thresholds: dict[str, Any] = {}


class HistoryDocument(StrictStruct, frozen=True, kw_only=True):
    """One line of a replay file."""

    patient: PatientDocument
    episode: EpisodeDocument
    plan: tuple[PlannedMeasure, ...] = ()
    records: tuple[Record, ...]
    closures: tuple[Closure, ...] = ()
    thresholds: dict[str, Any] = {}
    #: What production ran; without it, the version that replay is told or the live one.
    rulesets: tuple[RulesetPeriod, ...] = ()
