"""What a patient reads of their own. Each reading leaves its line in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from tracker.models import (
    Advice,
    DiaryEntry,
    Episode,
    Message,
    Patient,
    PlannedMeasure,
    RecordKind,
    Reminder,
    ReminderSlot,
    Review,
    Revision,
    StaffedHours,
)
from tracker.rules import Question, checklist_questions
from tracker.rules.history.documents import Condition
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import NotFound
from tracker.services.local_time.calendars import calendar_of
from tracker.services.queries.pending_advice import MustRead, must_read
from tracker.services.queries.time_zone_prompt import ZoneQuestion, ask
from tracker.services.records.kinds import KINDS
from tracker.services.reminders.reminder_slots import days_between
from tracker.services.reminders.reminders import MOST_SNOOZES

#: how long a patient is told that somebody has looked
REVIEWS_SHOWN_FOR = timedelta(days=30)
MESSAGES_PER_PAGE = 50


# Records


def _standing(kind: RecordKind, patient: Patient, **which: object) -> QuerySet[Revision]:
    """The current versions of records, found by the columns of their tables."""
    row = KINDS[kind].model._default_manager.filter(
        patient=OuterRef("patient"), uuid=OuterRef("uuid"), revision=OuterRef("number"), **which
    )
    return Revision.objects.accepted().filter(Exists(row), patient=patient, kind=kind)


@transaction.atomic
def records(
    context: Context[Actor],
    *,
    patient: Patient,
    kind: RecordKind,
    from_date: date,
    until_date: date,
) -> list[Revision]:
    """What was logged for these days and not taken back, in order of day and time."""
    found = _standing(
        kind, patient, local_date__range=(from_date, until_date), retracted_at=None
    ).order_by("id")
    audit.record(context, f"{kind}.list", patient)
    return sorted(found, key=_when)


def _when(revision: Revision) -> datetime | date:
    content = revision.content
    if "date" in content:
        return date.fromisoformat(content["date"])
    return datetime.fromisoformat(content["at"])


@transaction.atomic
def record(context: Context[Actor], *, patient: Patient, kind: RecordKind, uuid: UUID) -> Revision:
    """One record, also one that was taken back. Raises NotFound."""
    found = _standing(kind, patient).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    audit.record(context, f"{kind}.read", patient, subject_id=uuid)
    return found


@transaction.atomic
def diary_entry(context: Context[Actor], *, patient: Patient, day: date) -> Revision:
    """The entry of a local date. Raises NotFound."""
    found = _standing(RecordKind.DIARY_ENTRY, patient, local_date=day, retracted_at=None).first()
    if found is None:
        raise NotFound
    audit.record(context, "diary_entry.read", patient, subject_id=found.uuid)
    return found


# What the app opens with


@dataclass(frozen=True, slots=True)
class Now:
    local_date: date
    logged_today: bool
    must_read: MustRead
    messages: list[Message]
    reviews: list[Review]
    hours: list[StaffedHours]
    zone_question: ZoneQuestion | None


@transaction.atomic
def now(context: Context[Actor], *, patient: Patient, phone_zone: str | None = None) -> Now:
    today = calendar_of(patient).today(context.at)
    audit.record(context, "now.read", patient)
    return Now(
        local_date=today,
        logged_today=DiaryEntry.objects.filter(
            patient=patient, local_date=today, retracted_at=None
        ).exists(),
        must_read=must_read(patient=patient, at=context.at),
        messages=list(_messages(patient).filter(read_at=None)[:MESSAGES_PER_PAGE]),
        reviews=list(
            Review.objects.filter(
                patient=patient, at__gt=context.at - REVIEWS_SHOWN_FOR
            ).select_related("by")
        ),
        hours=list(StaffedHours.objects.filter(clinic_id=patient.clinic_id)),
        zone_question=ask(patient=patient, phone_zone=phone_zone, at=context.at)
        if phone_zone
        else None,
    )


def _messages(patient: Patient) -> QuerySet[Message]:
    return Message.objects.filter(patient=patient).select_related("by").order_by("-sent_at", "-id")


@transaction.atomic
def messages(context: Context[Actor], *, patient: Patient, before: UUID | None) -> list[Message]:
    """Messages, newest first; the page that ends before the given one. Raises NotFound."""
    page = _messages(patient)
    if before is not None:
        last = page.filter(pk=before).first()
        if last is None:
            raise NotFound
        page = page.filter(sent_at__lte=last.sent_at).exclude(sent_at=last.sent_at, id__gte=last.id)
    audit.record(context, "messages.list", patient)
    return list(page[:MESSAGES_PER_PAGE])


@transaction.atomic
def mark_advice_read(context: Context[Actor], *, patient: Patient, advice_id: UUID) -> Advice:
    """Note when it was first read. Raises NotFound."""
    mine = Advice.objects.filter(patient=patient, pk=advice_id)
    mine.filter(read_at=None).update(read_at=context.at)
    found = mine.first()
    if found is None:
        raise NotFound
    audit.record(context, "advice.read", patient, subject_id=advice_id)
    return found


# Reminders


@dataclass(frozen=True, slots=True)
class SlotShown:
    slot: ReminderSlot
    is_reduced: bool
    snoozes_left: int
    snoozed_until: datetime | None


@transaction.atomic
def reminders(context: Context[Actor], *, patient: Patient) -> list[SlotShown]:
    """The wall times at which the patient is reminded, and what waits for an answer."""
    audit.record(context, "reminders.list", patient)
    open_today = {
        reminder.slot_id: reminder
        for reminder in patient.reminders.filter(
            local_date=patient.local_date(context.at),
            outcome=Reminder.Outcome.SENT,
            answered_at=None,
        )
    }
    slots = patient.reminder_slots.filter(is_on=True).exclude(remind_at=None, unanswered=0)
    return [
        slot_shown(slot, open_today.get(slot.id))
        for slot in slots.select_related("planned_measure")
    ]


def slot_shown(slot: ReminderSlot, waiting: Reminder | None) -> SlotShown:
    return SlotShown(
        slot,
        is_reduced=days_between(slot.unanswered) != 1,
        snoozes_left=MOST_SNOOZES - waiting.snoozes if waiting else 0,
        snoozed_until=waiting.again_at if waiting else None,
    )


# Care


@dataclass(frozen=True, slots=True)
class CarePlan:
    episode: Episode | None
    measures: list[PlannedMeasure]


@transaction.atomic
def care_plan(context: Context[Actor], *, patient: Patient) -> CarePlan:
    episode = Episode.objects.current().filter(patient=patient).first()
    measures = list(episode.planned_measures.current()) if episode else []
    audit.record(context, "care_plan.read", patient)
    return CarePlan(episode, measures)


@transaction.atomic
def red_flag_questions(context: Context[Actor], *, patient: Patient) -> tuple[Question, ...]:
    """What to ask this patient today."""
    today = calendar_of(patient).today(context.at)
    episode = Episode.objects.current().filter(patient=patient).first()
    audit.record(context, "red_flag_questions.read", patient)
    return checklist_questions(
        date=today,
        onset_date=(episode.onset_date or episode.index_date) if episode else today,
        birth_date=patient.birth_date,
        conditions=cast(list[Condition], patient.conditions),
    )


@dataclass(frozen=True, slots=True)
class Profile:
    patient: Patient
    #: the zone that today is counted in; another one may be chosen from tomorrow on
    zone_today: str
    hours: list[StaffedHours]


@transaction.atomic
def profile(context: Context[Actor], *, patient: Patient) -> Profile:
    calendar = calendar_of(patient)
    audit.record(context, "patient.read", patient)
    hours = list(StaffedHours.objects.filter(clinic_id=patient.clinic_id))
    return Profile(patient, calendar.zone_of(calendar.today(context.at)), hours)
