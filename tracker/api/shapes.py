"""What the API takes and gives, apart from records: each shape is written down once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Uuid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        max_length=36,
        description="A UUID in its canonical form, in lower case.",
    ),
]
Token = Annotated[str, Meta(min_length=20, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Zone = Annotated[str, Meta(max_length=64, description="A name of the IANA time zone database.")]
DeviceName = Annotated[str, Meta(max_length=80)]
WallTime = Annotated[
    str,
    Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5, description="As 20:30."),
]


Instant = Annotated[datetime, Meta(tz=True)]


class Form(Struct, kw_only=True, forbid_unknown_fields=True):
    """Something sent: what is not known is refused, never dropped."""


class Answer(Struct, kw_only=True):
    """Something answered: it may gain fields."""


# Accounts


class LoginBody(Form):
    email: Email
    password: Password
    device_name: DeviceName | None = None


class PasswordRequestBody(Form):
    email: Email


class PasswordChangeBody(Form):
    current_password: Password
    new_password: Password


class SignedIn(Answer):
    #: shown once; send it as `Authorization: Bearer`
    token: str


class SessionShown(Answer):
    email: str


class ConsentTextBody(Form):
    token: Token


class ConsentText(Answer):
    text_version: str
    text: str


class Agreement(Form):
    text_version: Annotated[str, Meta(max_length=20)]
    agreed: Literal[True]


class EnrolmentBody(Form):
    token: Token
    password: Password
    birth_date: date
    time_zone: Zone
    consent: Agreement
    #: when to remind on days without an entry; null = never
    reminder_time: WallTime | None = "20:00"
    device_name: DeviceName | None = None


class Enrolment(Answer):
    token: str
    patient_id: UUID


# The patient


class OpenHours(Answer):
    weekday: Annotated[int, Meta(ge=0, le=6, description="0 is Monday.")]
    opens: str
    closes: str


class ClinicContact(Answer):
    name: str
    phone: str
    emergency_number: str
    crisis_line: str
    time_zone: str
    staffed_hours: list[OpenHours]


class Span(Form):
    """From when until when by the patient's clock; past midnight if it ends earlier."""

    from_time: WallTime
    until_time: WallTime


class SpanShown(Answer):
    from_time: str
    until_time: str


class Me(Answer):
    id: UUID
    full_name: str
    email: str
    #: counts the days from tomorrow on, if it differs from `time_zone_today`
    time_zone: str
    time_zone_today: str
    reminder_time: str | None
    reminds_on_weekends: bool
    #: no reminder and no routine notice arrives then
    quiet_hours: SpanShown | None
    enrolled_at: Instant | None
    clinic: ClinicContact


class MeBody(Form):
    full_name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    #: the zone of a `zone_question` that was answered with no
    declined_time_zone: Zone | UnsetType = UNSET
    reminder_time: WallTime | UnsetType | None = UNSET
    reminds_on_weekends: bool | UnsetType = UNSET
    quiet_hours: Span | UnsetType | None = UNSET


# What to read


class AdviceShown(Answer):
    id: UUID
    code: str
    urgency: Literal["emergency", "today", "information"]
    text: str
    given_at: Instant
    #: the record that led to it
    record_id: UUID | None
    read_at: Instant | None


class MessageShown(Answer):
    id: UUID
    by: str
    text: str
    sent_at: Instant
    read_at: Instant | None


class MessagePage(Answer):
    messages: list[MessageShown]
    #: pass it as `before` for the page of older ones
    next_before: UUID | None


class ReviewShown(Answer):
    """A clinician has looked."""

    id: UUID
    by: str
    at: Instant
    decision: str


class MustReadNow(Answer):
    """What the app must show before anything else."""

    advice: list[AdviceShown]
    #: show the red-flag checklist, and why; null = not now
    checklist_due: Literal["enrolment", "weekly", "triggered"] | None


class ZoneQuestion(Answer):
    """The phone's clock shows another time: should the diary and the reminders follow it?

    Yes is `PATCH me {time_zone}`, no is `PATCH me {declined_time_zone}`.
    """

    time_zone: str
    local_time: str
    present_time_zone: str
    present_local_time: str


class Today(Answer):
    at: Instant
    local_date: date
    logged_today: bool
    must_read: MustReadNow
    messages: list[MessageShown]
    reviews: list[ReviewShown]
    clinic: ClinicContact
    #: only if the phone's `time_zone` was sent, and differs
    zone_question: ZoneQuestion | None


# Reminders


class ReminderSlotShown(Answer):
    """One wall time at which the patient is reminded."""

    id: UUID
    #: of the care plan; null = the diary
    measure: str | None
    time: str
    #: 0 is Monday
    weekdays: list[int]
    next_at: Instant | None
    #: reminded less often because reminders led to nothing, until it is logged again
    is_reduced: bool
    #: the last reminder waits for an answer: how often it may still be snoozed
    snoozes_left: int
    snoozed_until: Instant | None


class RemindersShown(Answer):
    reminders: list[ReminderSlotShown]


class SnoozeBody(Form):
    minutes: Annotated[int, Meta(ge=5, le=120)]


# Care


class EpisodeShown(Answer):
    index_date: date
    onset_date: date | None
    surgery_date: date | None


class PlannedIngredient(Answer):
    name: str
    mg: int | float | None = None
    mcg_per_hour: int | float | None = None
    max_mg_per_day: int | float | None = None


class PlannedMeasureShown(Answer):
    id: UUID
    measure: str
    sessions_per_week: int | None
    minutes_per_day: int | None
    product: str | None
    ingredients: list[PlannedIngredient] | None
    route: str | None
    prescribed: bool
    #: null = as needed
    doses_per_day: int | None
    waived: str | None
    reminder_times: list[str]
    from_date: date


class CarePlanShown(Answer):
    episode: EpisodeShown | None
    measures: list[PlannedMeasureShown]


class QuestionShown(Answer):
    """One question of the red-flag checklist; `id` is its name among the answers."""

    id: str
    text: str
    kind: Literal["yes_no_unsure", "temperature"]


class Questions(Answer):
    questions: list[QuestionShown]


class Level(Answer):
    value: int
    text: str


class Scale(Answer):
    """How one number of the diary is asked for."""

    field: str
    question: str
    #: in words; a scale without them is a number from 0 to 10
    levels: list[Level]


class Scales(Answer):
    scales: list[Scale]


class ProductIngredient(Answer):
    name: str
    mg: int | float
    #: false = kept and shown, and seen by no rule
    counted: bool


class ProductShown(Answer):
    """What one tablet or capsule holds, to fill in what is logged."""

    name: str
    ingredients: list[ProductIngredient]
    #: sold without a prescription
    otc: bool
    source: str


class IngredientShown(Answer):
    """A name by which doses are counted, and what is known of it."""

    name: str
    #: what its doses are summed as: naproxen for naproxen sodium
    base: str
    drug_class: str
    #: milligrams of the base in 24 hours, by the label; null = no limit is tested
    otc_max_mg: int | None
    prescription_max_mg: int | None
    #: least hours between doses by the label; null = none, or it depends on the tablet
    otc_min_hours: int | None
    source: str


class Medicines(Answer):
    """What the rules know. Any other ingredient may be logged, and is not counted."""

    ingredients: list[IngredientShown]
    products: list[ProductShown]
