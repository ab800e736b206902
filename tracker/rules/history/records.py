"""The records that the rules read, in the form of the replay contract.

Replay, the API and the loading of stored revisions all parse into these types, so a
field's domain is declared once.
"""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from msgspec import Meta, Struct
from msgspec.json import schema_components

from tracker.rules.measures import LoggedAs, compresses, names_logged_as

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
if TYPE_CHECKING:
    CompressType = str
    TherapyType = str
else:
    CompressType = Literal[tuple(compresses().values())]
    TherapyType = Literal[names_logged_as(LoggedAs.SESSION)]
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


class StrictStruct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Strict: what is not known is refused, never dropped."""


class _RecordStruct(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    #: Client-made name of the record; versions of one record may share it.
    id: RecordId | None = None
    #: The `id` of the record that this one corrects.
    replaces: RecordId | None = None


class DiaryEntry(_RecordStruct, frozen=True, kw_only=True, tag="diary_entry"):
    """One local day in the patient's words; null was not asked, zero is a value."""

    date: Date
    submitted_at: Instant
    #: Average pain over the last 24 hours, 0-10: the analyzed score.
    pain_average: Score | None = None
    #: Worst pain, shown and never analyzed.
    pain_worst: Score | None = None
    standing: FunctionLevel | None = None
    walking: FunctionLevel | None = None
    sleep: InterferenceLevel | None = None
    activity: InterferenceLevel | None = None


class PegScore(_RecordStruct, frozen=True, kw_only=True, tag="peg"):
    """The weekly PEG: pain, enjoyment of life, general activity; all three."""

    date: Date
    submitted_at: Instant
    pain: Score
    enjoyment: Score
    activity: Score


class CompressUse(_RecordStruct, frozen=True, kw_only=True, tag="compress_use"):
    at: Instant
    submitted_at: Instant | None = None
    type: CompressType
    minutes: Minutes | None = None
    #: Blister, burn, white or numb skin.
    skin_reaction: bool = False
    #: A low-level wrap that follows its own label.
    wrap: bool = False


class Dose(StrictStruct, frozen=True, kw_only=True):
    """One ingredient of a product as taken."""

    name: IngredientName
    mg: Milligrams | None = None
    #: The release rate of a patch.
    mcg_per_hour: MicrogramsPerHour | None = None


class MedicationIntake(_RecordStruct, frozen=True, kw_only=True, tag="medication_intake"):
    at: Instant
    submitted_at: Instant | None = None
    product: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    ingredients: Annotated[tuple[Dose, ...], Meta(min_length=1, max_length=20)]
    route: Route = "oral"
    prescribed: bool = False


class TherapySession(_RecordStruct, frozen=True, kw_only=True, tag="therapy_session"):
    at: Instant
    submitted_at: Instant | None = None
    type: TherapyType
    minutes: Minutes | None = None


class Answers(StrictStruct, frozen=True, kw_only=True):
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


class RedFlagChecklist(_RecordStruct, frozen=True, kw_only=True, tag="red_flag_checklist"):
    at: Instant
    submitted_at: Instant | None = None
    answers: Answers


Treatment = CompressUse | MedicationIntake | TherapySession
Record = DiaryEntry | CompressUse | MedicationIntake | TherapySession | RedFlagChecklist | PegScore
RECORD_TYPES: tuple[type[Record], ...] = get_args(Record)


def submitted_at(record: Record) -> datetime:
    """When the record was saved on the phone: a record counts from then."""
    if isinstance(record, (DiaryEntry, PegScore)):
        return record.submitted_at
    return record.submitted_at or record.at


def json_schemas(ref_template: str = "#/components/schemas/{name}") -> dict[str, object]:
    """The JSON Schemas of the records and what they are made of, by name."""
    _, components = schema_components(RECORD_TYPES, ref_template=ref_template)
    return components
