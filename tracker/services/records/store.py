"""Store what a patient logs: every version is kept, the newest is current, the rules run once.

A single record and the batch of a phone that was offline for weeks are stored alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DataError, IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from tracker.models import (
    RECORD_KINDS,
    Episode,
    Patient,
    PatientTimeZone,
    RecordKind,
    Revision,
)
from tracker.models.record_kinds.base import LoggedRecord
from tracker.rules.history.records import DatedRecord
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.evaluation import evaluate
from tracker.services.local_time.calendars import Calendar
from tracker.services.queries.pending_advice import PendingAdvice, pending_advice
from tracker.services.records.checks import RecordRefused
from tracker.services.records.ledger import Ledger, Outcome, Status, Submission
from tracker.services.reminders import answers

__all__ = ["Outcome", "Status", "Submission", "Submitted", "submit"]


class Unstorable(RecordRefused):
    """The record cannot be stored."""

    code = "unstorable"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of each submission, in their order, and what the patient must read now."""

    outcomes: list[Outcome]
    now: PendingAdvice


@transaction.atomic
def submit(
    context: Context[Actor],
    *,
    patient: Patient,
    submissions: Sequence[Submission],
    action: str,
) -> Submitted:
    """Store the new versions and evaluate the patient's episode once.

    A refused submission does not stop the others. A patient's submissions are taken one
    request after the other, so the ten copies of a retry meet the first one's row.
    """
    locked = _lock(patient.pk)
    zone_changes = [
        (date.fromisoformat(change["from_date"]), change["time_zone"])
        for change in locked.zone_changes  # type: ignore[attr-defined]
    ]
    ledger = Ledger(
        patient=locked,
        calendar=Calendar(locked.time_zone, zone_changes),
        at=context.at,
        author=context.user,
    )
    ledger.add(_stored_versions(locked, submissions))
    outcomes = [ledger.decide(submission) for submission in submissions]
    unstorable = _write(ledger)
    accepted = [
        version
        for version in ledger.new_versions
        if version.number is not None and version.uuid not in unstorable
    ]
    # No reminder of an earlier day is still under way.
    today = ledger.calendar.today(context.at)
    answers.answer_reminders(
        patient=locked,
        revisions=accepted,
        days=[today - timedelta(days=1), today],
        at=context.at,
    )
    episode_id = locked.episode_id  # type: ignore[attr-defined]
    if accepted and episode_id:
        evaluate.evaluate_episode(
            episode_id=episode_id,
            at=context.at,
            changed_from=_first_submission(ledger, accepted),
        )
    audit.record(
        context, action, patient, subject_id=submissions[0].uuid if len(submissions) == 1 else ""
    )
    return Submitted(
        [
            replace(
                outcome, status=Status.INVALID, revision=None, current=None, refusal=Unstorable()
            )
            if outcome.uuid in unstorable and outcome.status != Status.INVALID
            else outcome
            for outcome in outcomes
        ],
        pending_advice(patient=patient, at=context.at),
    )


def _first_submission(ledger: Ledger, accepted: Sequence[Revision]) -> datetime:
    """When the earliest was submitted of the records that these versions belong to.

    To one record belong its versions and, in the rules, the records of the same date.
    """
    records = {version.uuid for version in accepted}
    same_date = Q()
    for version in accepted:
        kind = RECORD_KINDS[version.kind]
        if kind.is_daily and not kind.is_one_per_day:
            rows = kind.model._default_manager.filter(
                patient=ledger.patient, local_date=version.content["date"], retracted_at=None
            )
            same_date |= Q(uuid__in=rows.values("uuid"))
    instants = [each.submitted_at for uuid in records for each in ledger.versions[uuid]]
    if same_date:
        others = Revision.objects.accepted().filter(same_date, patient=ledger.patient)
        instants += others.values_list("submitted_at", flat=True)
    return min(instants)


def _lock(patient_id: UUID) -> Patient:
    """Return the patient, locked: others cannot change their records until the transaction ends."""
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


def _stored_versions(patient: Patient, submissions: Sequence[Submission]) -> list[Revision]:
    """The versions of the records that are submitted, and of those whose day they claim."""
    which = Q(uuid__in={submission.uuid for submission in submissions})
    days: dict[RecordKind, set[date]] = defaultdict(set)
    for submission in submissions:
        if submission.kind.is_one_per_day and isinstance(submission.record, DatedRecord):
            days[submission.kind].add(submission.record.date)
    for kind, dates in days.items():
        rows = kind.model._default_manager.filter(
            patient=patient, local_date__in=dates, retracted_at=None
        )
        which |= Q(uuid__in=rows.values("uuid"))
    return list(Revision.objects.filter(which, patient=patient).order_by("id"))


def _write(ledger: Ledger) -> set[UUID]:
    """Write the new versions and return the records that the database refused.

    All in one go; if that fails, record by record, to find which one it was.
    """
    by_record: dict[UUID, list[Revision]] = defaultdict(list)
    for version in ledger.new_versions:
        by_record[version.uuid].append(version)
    if not by_record or _write_versions(ledger, ledger.new_versions):
        return set()
    return {uuid for uuid, versions in by_record.items() if not _write_versions(ledger, versions)}


def _write_versions(ledger: Ledger, versions: list[Revision]) -> bool:
    """Write versions and the rows that mirror the newest of each record, or nothing."""
    newest = {version.uuid: version for version in versions if version.number is not None}
    rows: dict[RecordKind, list[LoggedRecord]] = defaultdict(list)
    for version in newest.values():
        rows[RECORD_KINDS[version.kind]].append(_current_row(version, ledger.calendar))
    try:
        with transaction.atomic():
            Revision.objects.bulk_create(versions)
            for kind, its_rows in rows.items():
                kind.model._default_manager.bulk_create(
                    its_rows,
                    update_conflicts=True,
                    unique_fields=["patient", "uuid"],
                    update_fields=[
                        column.attname
                        for column in kind.model._meta.concrete_fields
                        if column.attname not in {"id", "clinic_id", "patient_id", "uuid"}
                    ],
                )
    except (IntegrityError, DataError):
        return False
    return True


def _current_row(version: Revision, calendar: Calendar) -> LoggedRecord:
    kind, content = RECORD_KINDS[version.kind], version.content
    values = {name: content[name] for name in kind.own_fields if name in content}
    if kind.is_daily:
        day = date.fromisoformat(content["date"])
    else:
        values["at"] = datetime.fromisoformat(content["at"])
        day = calendar.day_of(values["at"])
    return kind.model(
        clinic_id=version.clinic_id,
        patient_id=version.patient_id,
        uuid=version.uuid,
        revision=version.number or 0,
        local_date=day,
        time_zone=calendar.zone_of(day),
        submitted_at=version.submitted_at,
        received_at=version.received_at,
        note=version.note,
        retracted_at=version.received_at if version.retracted else None,
        **values,
    )
