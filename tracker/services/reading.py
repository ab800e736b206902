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

from . import audit
from .calendars import calendar_of
from .errors import NotFound
from .must_read import MustRead, must_read
from .record_kinds import KINDS
from .reminder_slots import days_between
from .reminders import MOST_SNOOZES
from .travel import ZoneQuestion, ask

#: how long a patient is told that somebody has looked
REVIEWS_SHOWN_FOR = timedelta(days=30)
MESSAGES_PER_PAGE = 50


def _audit(action: str, patient: Patient, at: datetime, subject_id: object = "") -> None:
    audit.record(
        action=action,
        by=patient,
        at=at,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        subject_id=subject_id,
    )


# Records


def _standing(kind: RecordKind, patient: Patient, **which: object) -> QuerySet[Revision]:
    """The current versions of records, found by the columns of their tables."""
    row = KINDS[kind].model._default_manager.filter(
        patient=OuterRef("patient"), uuid=OuterRef("uuid"), revision=OuterRef("number"), **which
    )
    return Revision.objects.accepted().filter(Exists(row), patient=patient, kind=kind)


@transaction.atomic
def records(
    *, by: Patient, kind: RecordKind, from_date: date, until_date: date, at: datetime
) -> list[Revision]:
    """What was logged for these days and not taken back, in order of day and time."""
    found = _standing(
        kind, by, local_date__range=(from_date, until_date), retracted_at=None
    ).order_by("id")
    _audit(f"{kind}.list", by, at)
    return sorted(found, key=_when)


def _when(revision: Revision) -> datetime | date:
    content = revision.content
    if "date" in content:
        return date.fromisoformat(content["date"])
    return datetime.fromisoformat(content["at"])


@transaction.atomic
def record(*, by: Patient, kind: RecordKind, uuid: UUID, at: datetime) -> Revision:
    """One record, also one that was taken back. Raises NotFound."""
    found = _standing(kind, by).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    _audit(f"{kind}.read", by, at, uuid)
    return found


@transaction.atomic
def diary_entry(*, by: Patient, day: date, at: datetime) -> Revision:
    """The entry of a local date. Raises NotFound."""
    found = _standing(RecordKind.DIARY_ENTRY, by, local_date=day, retracted_at=None).first()
    if found is None:
        raise NotFound
    _audit("diary_entry.read", by, at, found.uuid)
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
def now(*, by: Patient, phone_zone: str | None = None, at: datetime) -> Now:
    today = calendar_of(by).today(at)
    _audit("now.read", by, at)
    return Now(
        local_date=today,
        logged_today=DiaryEntry.objects.filter(
            patient=by, local_date=today, retracted_at=None
        ).exists(),
        must_read=must_read(patient=by, at=at),
        messages=list(_messages(by).filter(read_at=None)[:MESSAGES_PER_PAGE]),
        reviews=list(
            Review.objects.filter(patient=by, at__gt=at - REVIEWS_SHOWN_FOR).select_related("by")
        ),
        hours=list(StaffedHours.objects.filter(clinic_id=by.clinic_id)),
        zone_question=ask(patient=by, phone_zone=phone_zone, at=at) if phone_zone else None,
    )


def _messages(patient: Patient) -> QuerySet[Message]:
    return Message.objects.filter(patient=patient).select_related("by").order_by("-sent_at", "-id")


@transaction.atomic
def messages(*, by: Patient, before: UUID | None, at: datetime) -> list[Message]:
    """Messages, newest first; the page that ends before the given one. Raises NotFound."""
    page = _messages(by)
    if before is not None:
        last = page.filter(pk=before).first()
        if last is None:
            raise NotFound
        page = page.filter(sent_at__lte=last.sent_at).exclude(sent_at=last.sent_at, id__gte=last.id)
    _audit("messages.list", by, at)
    return list(page[:MESSAGES_PER_PAGE])


@transaction.atomic
def mark_advice_read(*, by: Patient, advice_id: UUID, at: datetime) -> Advice:
    """Note when it was first read. Raises NotFound."""
    mine = Advice.objects.filter(patient=by, pk=advice_id)
    mine.filter(read_at=None).update(read_at=at)
    found = mine.first()
    if found is None:
        raise NotFound
    _audit("advice.read", by, at, advice_id)
    return found


# Reminders


@dataclass(frozen=True, slots=True)
class SlotShown:
    slot: ReminderSlot
    is_reduced: bool
    snoozes_left: int
    snoozed_until: datetime | None


@transaction.atomic
def reminders(*, by: Patient, at: datetime) -> list[SlotShown]:
    """The wall times at which the patient is reminded, and what waits for an answer."""
    _audit("reminders.list", by, at)
    open_today = {
        reminder.slot_id: reminder
        for reminder in by.reminders.filter(
            local_date=by.local_date(at), outcome=Reminder.Outcome.SENT, answered_at=None
        )
    }
    slots = by.reminder_slots.filter(is_on=True).exclude(remind_at=None, unanswered=0)
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
def care_plan(*, by: Patient, at: datetime) -> CarePlan:
    episode = Episode.objects.current().filter(patient=by).first()
    measures = list(episode.planned_measures.current()) if episode else []
    _audit("care_plan.read", by, at)
    return CarePlan(episode, measures)


@transaction.atomic
def red_flag_questions(*, by: Patient, at: datetime) -> tuple[Question, ...]:
    """What to ask this patient today."""
    today = calendar_of(by).today(at)
    episode = Episode.objects.current().filter(patient=by).first()
    _audit("red_flag_questions.read", by, at)
    return checklist_questions(
        date=today,
        onset_date=(episode.onset_date or episode.index_date) if episode else today,
        birth_date=by.birth_date,
        conditions=cast(list[Condition], by.conditions),
    )


@dataclass(frozen=True, slots=True)
class Profile:
    patient: Patient
    #: the zone that today is counted in; another one may be chosen from tomorrow on
    zone_today: str
    hours: list[StaffedHours]


@transaction.atomic
def profile(*, by: Patient, at: datetime) -> Profile:
    calendar = calendar_of(by)
    _audit("patient.read", by, at)
    hours = list(StaffedHours.objects.filter(clinic_id=by.clinic_id))
    return Profile(by, calendar.zone_of(calendar.today(at)), hours)
