"""The records that the rules read, in the form of the replay contract.

Every door (replay, the API, the loading of stored revisions) parses into these
shapes, so a domain is written down once.
"""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct
from msgspec.json import schema_components

Score = Annotated[int, Meta(ge=0, le=10)]
FunctionLevel = Annotated[int, Meta(ge=0, le=5)]
InterferenceLevel = Annotated[int, Meta(ge=0, le=4)]
Minutes = Annotated[int, Meta(ge=0, le=1440)]
Instant = Annotated[datetime, Meta(tz=True)]
RecordId = Annotated[str, Meta(min_length=1, max_length=100)]

_IntMg = Annotated[int, Meta(gt=0, le=100_000)]
_FloatMg = Annotated[float, Meta(gt=0, le=100_000)]
Milligrams = _IntMg | _FloatMg
_IntRate = Annotated[int, Meta(gt=0, le=1_000)]
_FloatRate = Annotated[float, Meta(gt=0, le=1_000)]
MicrogramsPerHour = _IntRate | _FloatRate
_IntTemperature = Annotated[int, Meta(ge=25, le=45)]
_FloatTemperature = Annotated[float, Meta(ge=25, le=45)]
Temperature = _IntTemperature | _FloatTemperature
_IntWeekly = Annotated[int, Meta(gt=0, le=70)]
_FloatWeekly = Annotated[float, Meta(gt=0, le=70)]
SessionsPerWeek = _IntWeekly | _FloatWeekly
_IntMme = Annotated[int, Meta(ge=0, le=10_000)]
_FloatMme = Annotated[float, Meta(ge=0, le=10_000)]
MorphineEquivalents = _IntMme | _FloatMme

IngredientName = Annotated[
    str,
    Meta(
        # In Python a line break may follow $; JSON Schema knows no \Z, but both know this.
        pattern=r"^[a-z0-9à-öø-ÿ][a-z0-9à-öø-ÿ ,.'()&%/+-]*$(?!\n)",
        max_length=100,
        description="Generic name in lower case.",
    ),
]

Answer = Literal["yes", "no", "unsure"]
CompressType = Literal["hot", "cold"]
TherapyType = Literal[
    "physical_therapy",
    "home_exercise",
    "massage",
    "acupuncture",
    "manipulation",
    "brace",
    "injection",
    "activity_modification",
]
MeasureKind = Literal[
    "physical_therapy",
    "home_exercise",
    "medication",
    "hot_compress",
    "cold_compress",
    "massage",
    "acupuncture",
    "manipulation",
    "brace",
    "injection",
    "activity_modification",
]
Waiver = Literal["contraindicated", "unavailable", "not_tolerated"]
Route = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z _-]*$(?!\n)",
        max_length=24,
        description="How it is taken, in lower case: oral, sublingual, rectal, transdermal, patch, "
        "topical, nasal, inhaled, eye, ear, intravenous, ... A route that no rule knows is kept, "
        "and what cannot be computed for it is said.",
    ),
]
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


class _Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Strict: what is not known is refused, never dropped."""


class RecordForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    #: Client-made name of the record; versions of one record may share it.
    id: RecordId | None = None
    #: The `id` of the record that this one corrects.
    replaces: RecordId | None = None


class DailyForm(RecordForm, frozen=True, kw_only=True):
    """A record that tells of a local date."""

    date: Date
    submitted_at: Instant


class TimedForm(RecordForm, frozen=True, kw_only=True):
    """A record that tells of an instant."""

    at: Instant
    submitted_at: Instant | None = None


class DiaryEntry(DailyForm, frozen=True, kw_only=True, tag="diary_entry"):
    """One local day in the patient's words; null was not asked, zero is a value."""

    #: Average pain over the last 24 hours, 0-10: the analyzed score.
    pain_average: Score | None = None
    #: Worst pain, shown and never analyzed.
    pain_worst: Score | None = None
    standing: FunctionLevel | None = None
    walking: FunctionLevel | None = None
    sleep: InterferenceLevel | None = None
    activity: InterferenceLevel | None = None


class PegScore(DailyForm, frozen=True, kw_only=True, tag="peg"):
    """The weekly PEG: pain, enjoyment of life, general activity; all three."""

    pain: Score
    enjoyment: Score
    activity: Score


class CompressUse(TimedForm, frozen=True, kw_only=True, tag="compress_use"):
    type: CompressType
    minutes: Minutes | None = None
    #: Blister, burn, white or numb skin.
    skin_reaction: bool = False
    #: A low-level wrap that follows its own label.
    wrap: bool = False


class Dose(_Form, frozen=True, kw_only=True):
    """One ingredient of a product as taken."""

    name: IngredientName
    mg: Milligrams | None = None
    #: The release rate of a patch.
    mcg_per_hour: MicrogramsPerHour | None = None


class MedicationIntake(TimedForm, frozen=True, kw_only=True, tag="medication_intake"):
    product: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    ingredients: Annotated[tuple[Dose, ...], Meta(min_length=1, max_length=20)]
    route: Route = "oral"
    prescribed: bool = False


class TherapySession(TimedForm, frozen=True, kw_only=True, tag="therapy_session"):
    type: TherapyType
    minutes: Minutes | None = None


class Answers(_Form, frozen=True, kw_only=True):
    """The red-flag checklist; left out was not asked."""

    saddle_numbness: Answer | None = None
    bladder_change: Answer | None = None
    bowel_change: Answer | None = None
    both_legs_symptoms: Answer | None = None
    sexual_change: Answer | None = None
    leg_weakness: Answer | None = None
    weakness_worsening_fast: Answer | None = None
    major_trauma: Answer | None = None
    minor_trauma: Answer | None = None
    fever_or_rigors: Answer | None = None
    feeling_ill: Answer | None = None
    night_pain_unrelenting: Answer | None = None
    weight_loss: Answer | None = None
    new_pain_after_cancer: Answer | None = None
    sudden_severe_pain: Answer | None = None
    collapse: Answer | None = None
    pulsating_abdomen: Answer | None = None
    chest_pain: Answer | None = None
    breathless_or_sweating: Answer | None = None
    gi_bleeding: Answer | None = None
    faint: Answer | None = None
    hard_to_wake: Answer | None = None
    slow_breathing: Answer | None = None
    insidious_onset: Answer | None = None
    better_with_exercise: Answer | None = None
    not_better_with_rest: Answer | None = None
    night_pain_better_on_rising: Answer | None = None
    onset_before_40: Answer | None = None
    temperature_c: Temperature | None = None


class RedFlagChecklist(TimedForm, frozen=True, kw_only=True, tag="red_flag_checklist"):
    answers: Answers


Treatment = CompressUse | MedicationIntake | TherapySession
Record = DiaryEntry | CompressUse | MedicationIntake | TherapySession | RedFlagChecklist | PegScore
RECORD_TYPES: tuple[type[Record], ...] = get_args(Record)


class ZoneChange(_Form, frozen=True, kw_only=True, rename={"from_date": "from"}):
    """From this local date on, days are counted in this zone."""

    from_date: Date
    time_zone: str


class PatientForm(_Form, frozen=True, kw_only=True):
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
    _Form, frozen=True, kw_only=True, rename={"from_date": "from", "until_date": "until"}
):
    """Both ends count: hospital, travel, told to pause, a side effect."""

    from_date: Date
    until_date: Date
    reason: Annotated[str, Meta(max_length=500)] | None = None


class EpisodeForm(_Form, frozen=True, kw_only=True):
    index_date: Date
    onset_date: Date | None = None
    surgery_date: Date | None = None
    conservative_min_days: Annotated[int, Meta(ge=1, le=730)] | None = None
    excused: tuple[ExcusedDays, ...] = ()


class PlannedDose(_Form, frozen=True, kw_only=True):
    name: IngredientName
    mg: Milligrams | None = None
    mcg_per_hour: MicrogramsPerHour | None = None
    max_mg_per_day: Milligrams | None = None


class PlannedMeasure(
    _Form, frozen=True, kw_only=True, rename={"from_date": "from", "until_date": "until"}
):
    """One line of the care plan; both ends of its period count."""

    measure: MeasureKind
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


class Closure(_Form, frozen=True, kw_only=True):
    """A clinician closed the open flag of this rule."""

    rule: Annotated[str, Meta(min_length=1, max_length=40)]
    at: Instant


class RulesetPeriod(_Form, frozen=True, kw_only=True, rename={"from_date": "from"}):
    """From this local date on the clinic ran this version, with these numbers changed."""

    from_date: Date
    version: str
    thresholds: dict[str, Any] = {}


class HistoryForm(_Form, frozen=True, kw_only=True):
    """One line of a replay file."""

    patient: PatientForm
    episode: EpisodeForm
    plan: tuple[PlannedMeasure, ...] = ()
    records: tuple[Record, ...]
    closures: tuple[Closure, ...] = ()
    thresholds: dict[str, Any] = {}
    #: What production ran; without it, the version that replay is told or the live one.
    rulesets: tuple[RulesetPeriod, ...] = ()


def submitted_at(record: DailyForm | TimedForm) -> datetime:
    """When the record was saved on the phone: a record counts from then."""
    if isinstance(record, DailyForm):
        return record.submitted_at
    return record.submitted_at or record.at


def json_schemas(ref_template: str = "#/components/schemas/{name}") -> dict[str, object]:
    """The JSON Schemas of the records and what they are made of, by name."""
    _, components = schema_components(RECORD_TYPES, ref_template=ref_template)
    return components
