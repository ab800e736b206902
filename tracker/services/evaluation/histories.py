"""A patient's history in the replay contract's form, loaded from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from tracker import rules
from tracker.models import Episode, Flag, PlannedMeasure, Revision
from tracker.rules.measures import MEDICATION
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.records.kinds import without_nulls
from tracker.services.rulesets.ruleset_periods import Period, periods_of

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One accepted version of a record, and when it came."""

    uuid: UUID
    number: int | None
    content: Document
    is_retracted: bool
    submitted_at: datetime
    received_at: datetime


def ledger_of(episode: Episode) -> list[Said]:
    """Everything that the patient has said, in order of submission."""
    rows = (
        Revision.objects.accepted()
        .filter(patient_id=episode.patient_id)
        .order_by("submitted_at", "id")
        .values_list("uuid", "number", "content", "retracted", "submitted_at", "received_at")
    )
    return [Said(*row) for row in rows]


def document_of(
    *, episode: Episode, flags: Iterable[Flag], ledger: Iterable[Said] | None = None
) -> Document:
    """What `manage.py replay` would be given to reproduce this episode.

    `flags` are the episode's stored flags: those closed by a review are its closures.
    `ledger` is what the patient has said, if it is at hand already.
    """
    patient = episode.patient
    periods = periods_of(clinic_id=episode.clinic_id, patient_id=patient.id)
    return {
        "patient": without_nulls(
            {
                "ref": str(patient.id),
                "time_zone": patient.time_zone,
                "time_zones": [
                    {"from": zone.from_date.isoformat(), "time_zone": zone.time_zone}
                    for zone in patient.time_zones.all()
                ]
                or None,
                "birth_date": patient.birth_date and patient.birth_date.isoformat(),
                "sex": patient.sex,
                "conditions": patient.conditions,
                "function_floor": patient.function_floor,
                "mme_acknowledged": patient.mme_acknowledged and float(patient.mme_acknowledged),
            }
        ),
        "episode": without_nulls(
            {
                "index_date": episode.index_date.isoformat(),
                "onset_date": episode.onset_date and episode.onset_date.isoformat(),
                "surgery_date": episode.surgery_date and episode.surgery_date.isoformat(),
                "conservative_min_days": episode.conservative_min_days,
                "excused": [
                    {
                        "from": period.from_date.isoformat(),
                        "until": period.until_date.isoformat(),
                        "reason": period.reason,
                    }
                    for period in episode.excused_periods.all()
                ]
                or None,
            }
        ),
        "plan": [_measure(line) for line in episode.planned_measures.all()],
        "records": _records(ledger_of(episode) if ledger is None else list(ledger)),
        "closures": [
            {"rule": flag.rule, "at": flag.ended_at.isoformat()}
            for flag in flags
            if flag.state == Flag.State.CLOSED and flag.review_id and flag.ended_at
        ],
        **_in_force(periods),
    }


@dataclass(frozen=True, slots=True)
class Export:
    """An episode as `manage.py replay` takes it, and until when it was judged."""

    document: Document
    #: None = not judged yet, or its silence is not judged
    judged_until: datetime | None


@transaction.atomic
def export(context: Context[Actor], *, episode: Episode) -> Export:
    """Everything that led to an episode's flags. Leaves its line in the audit trail."""
    newest = episode.evaluations.order_by("-id").first()
    is_judged = newest is not None and episode.patient.enrolled_at is not None
    audit.record(context, "history.export", episode)
    document = document_of(episode=episode, flags=episode.flags.all())
    return Export(document, newest.at if newest and is_judged else None)


def history_of(*, episode: Episode, flags: Iterable[Flag]) -> rules.History:
    return rules.parse_history(document_of(episode=episode, flags=flags))


def _in_force(periods: list[Period]) -> Document:
    """Numbers that always held stand by themselves, the others with their dates."""
    if len(periods) > 1:
        return {"rulesets": [period.as_document() for period in periods]}
    (period,) = periods
    version = {"from": period.from_date.isoformat(), "version": period.version}
    return {"rulesets": [version], "thresholds": dict(period.thresholds)}


def _records(ledger: list[Said]) -> list[Document]:
    """Every accepted version, each naming the one it replaces; retracted records are not."""
    retracted = {said.uuid for said in ledger if said.is_retracted}
    return [_version(said) for said in ledger if said.uuid not in retracted]


def _version(said: Said) -> Document:
    name, number = str(said.uuid), said.number
    assert number is not None  # accepted versions are numbered
    replaces = {"replaces": f"{name}/{number - 1}"} if number > 1 else {}
    return {**said.content, "id": f"{name}/{number}", **replaces}


def _measure(line: PlannedMeasure) -> Document:
    common: Document = without_nulls(
        {
            "measure": line.measure,
            "waived": line.waived or None,
            "sessions_per_week": line.sessions_per_week,
            "minutes_per_day": line.minutes_per_day,
            "from": line.from_date.isoformat(),
            "until": line.until_date and line.until_date.isoformat(),
        }
    )
    if line.measure != MEDICATION.name:
        return common
    return {
        **common,
        "ingredients": line.ingredients,
        "route": line.route,
        "prescribed": line.prescribed,
        "doses_per_day": line.doses_per_day,
    }
