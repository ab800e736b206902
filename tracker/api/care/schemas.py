"""Requests and responses about a patient's care: advice, messages, reminders, plan, questions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from tracker.api.accounts.schemas import ClinicContact
from tracker.api.http.schemas import Instant, Request, Response


class AdviceResponse(Response):
    id: UUID
    code: str
    urgency: Literal["emergency", "today", "information"]
    text: str
    given_at: Instant
    #: the record that led to it
    record_id: UUID | None
    read_at: Instant | None


class MessageResponse(Response):
    id: UUID
    by: str
    text: str
    sent_at: Instant
    read_at: Instant | None


class MessagePageResponse(Response):
    messages: list[MessageResponse]
    #: pass it as `before` for the page of older ones
    next_before: UUID | None


class ReviewResponse(Response):
    """A review by a clinician: somebody has looked."""

    id: UUID
    by: str
    at: Instant
    decision: str


class PendingAdviceResponse(Response):
    """What the app must show before anything else."""

    advice: list[AdviceResponse]
    #: show the red-flag checklist, and why; null = not now
    checklist_due: Literal["enrolment", "weekly", "triggered"] | None


class TimeZonePrompt(Response):
    """Asks whether the diary and the reminders should follow the phone's clock.

    Yes is `PATCH me {time_zone}`, no is `PATCH me {declined_time_zone}`.
    """

    time_zone: str
    local_time: str
    present_time_zone: str
    present_local_time: str


class NowResponse(Response):
    at: Instant
    local_date: date
    logged_today: bool
    must_read: PendingAdviceResponse
    messages: list[MessageResponse]
    reviews: list[ReviewResponse]
    clinic: ClinicContact
    #: only if the phone's `time_zone` was sent, and differs
    zone_question: TimeZonePrompt | None


class ReminderResponse(Response):
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


class ReminderListResponse(Response):
    reminders: list[ReminderResponse]


class SnoozeRequest(Request):
    minutes: Annotated[int, Meta(ge=5, le=120)]


class EpisodeResponse(Response):
    index_date: date
    onset_date: date | None
    surgery_date: date | None


class PlannedIngredient(Response):
    name: str
    mg: int | float | None = None
    mcg_per_hour: int | float | None = None
    max_mg_per_day: int | float | None = None


class PlannedMeasureResponse(Response):
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


class CarePlanResponse(Response):
    episode: EpisodeResponse | None
    measures: list[PlannedMeasureResponse]


class QuestionResponse(Response):
    """One question of the red-flag checklist; `id` is its name among the answers."""

    id: str
    text: str
    kind: Literal["yes_no_unsure", "temperature"]


class QuestionListResponse(Response):
    questions: list[QuestionResponse]


class Level(Response):
    value: int
    text: str


class Scale(Response):
    """The question for one number of the diary."""

    field: str
    question: str
    #: in words; a scale without them is a number from 0 to 10
    levels: list[Level]


class ScaleListResponse(Response):
    scales: list[Scale]


class ProductIngredient(Response):
    name: str
    mg: int | float
    #: false = kept and shown, and seen by no rule
    counted: bool


class ProductResponse(Response):
    """A product, with what one tablet or capsule contains; for prefilling an intake."""

    name: str
    ingredients: list[ProductIngredient]
    #: sold without a prescription
    otc: bool
    source: str


class IngredientResponse(Response):
    """An ingredient whose doses the rules count."""

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


class MedicineListResponse(Response):
    """The medicines that the rules know. Others may be logged, and are not counted."""

    ingredients: list[IngredientResponse]
    products: list[ProductResponse]
