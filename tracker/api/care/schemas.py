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
    #: The record that led to it.
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
    #: Send it as `before` to get the next page, of older messages.
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
    #: Why the red-flag checklist must be shown now; null if it need not.
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
    #: Null unless the phone's `time_zone` was sent and its clock shows another time.
    zone_question: TimeZonePrompt | None


class ReminderResponse(Response):
    """One wall time at which the patient is reminded."""

    id: UUID
    #: The measure of the care plan; null for the diary.
    measure: str | None
    time: str
    #: 0 is Monday.
    weekdays: list[int]
    next_at: Instant | None
    #: Reminders are fewer because several were not answered; logging restores them.
    is_reduced: bool
    #: How often the latest reminder may still be snoozed.
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
    #: Null if taken as needed.
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
    #: The wording of each level; empty for a number from 0 to 10.
    levels: list[Level]


class ScaleListResponse(Response):
    scales: list[Scale]


class ProductIngredient(Response):
    name: str
    mg: int | float
    #: False if no rule reads it; it is stored and shown.
    counted: bool


class ProductResponse(Response):
    """A product, with what one tablet or capsule contains; for prefilling an intake."""

    name: str
    ingredients: list[ProductIngredient]
    #: Sold without a prescription.
    otc: bool
    source: str


class IngredientResponse(Response):
    """An ingredient whose doses the rules count."""

    name: str
    #: The name that its doses are summed under: naproxen for naproxen sodium.
    base: str
    drug_class: str
    #: Most milligrams of the base in 24 hours by the label; null if no limit is checked.
    otc_max_mg: int | None
    prescription_max_mg: int | None
    #: Fewest hours between doses by the label; null if none, or if it depends on the tablet.
    otc_min_hours: int | None
    source: str


class MedicineListResponse(Response):
    """The medicines that the rules know. Others may be logged, and are not counted."""

    ingredients: list[IngredientResponse]
    products: list[ProductResponse]
