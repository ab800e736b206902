"""What a patient logs: every version is kept, the newest is current, the rules run once.

One door for a single record and for a phone that was offline for weeks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DataError, IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from tracker.models import DiaryEntry, Episode, Patient, PatientTimeZone, RecordKind, Revision
from tracker.models.records import LoggedRecord
from tracker.rules.history import records as forms
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.evaluation import evaluate
from tracker.services.local_time.calendars import Calendar
from tracker.services.queries.pending_advice import MustRead, must_read
from tracker.services.records.checks import RecordRefused
from tracker.services.records.kinds import KINDS, Kind
from tracker.services.records.ledger import Ledger, Outcome, Status, Submission
from tracker.services.reminders import answers

__all__ = ["Outcome", "Status", "Submission", "Submitted", "submit"]


class Unstorable(RecordRefused):
    """The record breaks a rule of the store."""

    code = "unstorable"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of each submission, in their order, and what the patient must read now."""

    outcomes: list[Outcome]
    now: MustRead


@transaction.atomic
def submit(
    context: Context[Actor],
    *,
    patient: Patient,
    submissions: Sequence[Submission],
    action: str,
) -> Submitted:
    """Store what is new, say what is not, run the rules over the result.

    One bad submission stops none of the others. A patient's submissions are taken one
    request after the other, so the ten copies of a retry meet the first one's row.
    """
    locked = _locked(patient.pk)
    ledger = _ledger(context, locked, submissions)
    outcomes = [ledger.take(submission) for submission in submissions]
    refused = _write(ledger)
    _follow_up(locked, ledger, refused, at=context.at)
    audit.record(
        context, action, patient, subject_id=submissions[0].uuid if len(submissions) == 1 else ""
    )
    now = must_read(patient=patient, at=context.at)
    return Submitted([_after_writing(outcome, refused) for outcome in outcomes], now)


def _locked(patient_id: UUID) -> Patient:
    """The patient, whose records nobody else changes until the transaction ends."""
    own = {"patient": OuterRef("pk")}
    zone = JSONObject(from_date="from_date", time_zone="time_zone")
    return (
        Patient.objects.select_for_update(of=("self",), no_key=True)
        .annotate(
            zone_changes=ArraySubquery(
                PatientTimeZone.objects.filter(**own).order_by("from_date").values(json=zone)
            ),
            episode_id=Subquery(Episode.objects.current().filter(**own).values("pk")),
        )
        .get(pk=patient_id)
    )


def _ledger(context: Context[Actor], patient: Patient, submissions: Sequence[Submission]) -> Ledger:
    changes = [
        (date.fromisoformat(change["from_date"]), change["time_zone"])
        for change in patient.zone_changes  # type: ignore[attr-defined]
    ]
    calendar = Calendar(patient.time_zone, changes)
    ledger = Ledger(patient=patient, calendar=calendar, at=context.at, author=context.user)
    days = DiaryEntry.objects.filter(
        patient=patient, local_date__in=_diary_dates(submissions), retracted_at=None
    )
    which = Q(uuid__in={submission.uuid for submission in submissions})
    which |= Q(uuid__in=days.values("uuid"))
    ledger.add(Revision.objects.filter(which, patient=patient).order_by("id"))
    return ledger


def _diary_dates(submissions: Iterable[Submission]) -> set[date]:
    return {
        submission.record.date
        for submission in submissions
        if isinstance(submission.record, forms.DiaryEntry)
    }


def _write(ledger: Ledger) -> set[UUID]:
    """Store what the ledger noted; the records that the database refused are returned.

    All in one go; if that fails, record by record, to find which one it was.
    """
    by_record: dict[UUID, list[Revision]] = defaultdict(list)
    for revision in ledger.fresh:
        by_record[revision.uuid].append(revision)
    if not by_record or _try_writing(ledger, ledger.fresh):
        return set()
    return {uuid for uuid, revisions in by_record.items() if not _try_writing(ledger, revisions)}


def _try_writing(ledger: Ledger, revisions: list[Revision]) -> bool:
    try:
        with transaction.atomic():
            Revision.objects.bulk_create(revisions)
            for kind, rows in _current_rows(ledger, revisions).items():
                _upsert(KINDS[kind], rows)
    except (IntegrityError, DataError):
        return False
    return True


def _current_rows(
    ledger: Ledger, revisions: Iterable[Revision]
) -> dict[RecordKind, list[LoggedRecord]]:
    """The rows that these versions leave behind: the newest of each record."""
    newest = {revision.uuid: revision for revision in revisions if revision.number is not None}
    rows: dict[RecordKind, list[LoggedRecord]] = defaultdict(list)
    for revision in newest.values():
        kind = RecordKind(revision.kind)
        day, zone = _day_of(ledger.calendar, revision)
        rows[kind].append(KINDS[kind].current_row(revision, local_date=day, time_zone=zone))
    return rows


def _day_of(calendar: Calendar, revision: Revision) -> tuple[date, str]:
    if KINDS[RecordKind(revision.kind)].is_daily:
        day = date.fromisoformat(revision.content["date"])
    else:
        day = calendar.day_of(datetime.fromisoformat(revision.content["at"]))
    return day, calendar.zone_of(day)


def _upsert(kind: Kind, rows: list[LoggedRecord]) -> None:
    columns = [
        field.attname
        for field in kind.model._meta.concrete_fields
        if field.attname not in {"id", "clinic_id", "patient_id", "uuid"}
    ]
    kind.model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["patient", "uuid"],
        update_fields=columns,
    )


def _follow_up(patient: Patient, ledger: Ledger, refused: set[UUID], *, at: datetime) -> None:
    """What an accepted version sets going. A version that lost changes nothing."""
    accepted = [
        revision
        for revision in ledger.fresh
        if revision.number is not None and revision.uuid not in refused
    ]
    # No reminder of an earlier day is still under way.
    today = ledger.calendar.today(at)
    days = [today - timedelta(days=1), today]
    answers.note(patient=patient, revisions=accepted, days=days, at=at)
    episode_id = patient.episode_id  # type: ignore[attr-defined]
    if accepted and episode_id:
        evaluate.evaluate_episode(episode_id=episode_id, at=at)


def _after_writing(outcome: Outcome, refused: set[UUID]) -> Outcome:
    if outcome.uuid not in refused or outcome.status == Status.INVALID:
        return outcome
    return replace(
        outcome, status=Status.INVALID, revision=None, current=None, refusal=Unstorable()
    )
