"""Reviews: a clinician decides on a patient's flags, and the patient is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from tracker.models import (
    Clinician,
    Escalation,
    Flag,
    Order,
    Patient,
    Referral,
    Review,
    Visit,
)
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, NotFound
from tracker.services.escalations import lifecycle
from tracker.services.reviews import clinic_messages

#: What the patient reads when the clinician wrote nothing.
LOOKED = "A clinician has looked at your diary."


class AlreadyReviewed(Conflict):
    """One of these flags was closed in the meantime. Reload the page."""

    code = "already_reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    mode: Visit.Mode
    by_date: date | None = None


@transaction.atomic
def review(
    context: Context[Clinician],
    *,
    patient: Patient,
    flag_ids: Sequence[UUID],
    decision: Review.Decision,
    note: str = "",
    message: str = "",
    orders: Sequence[Order.Test] = (),
    referrals: Sequence[Referral.Specialty] = (),
    visit: PlannedVisit | None = None,
    usefulness: Mapping[UUID, Flag.Usefulness] | None = None,
) -> Review:
    """Close the named flags with one decision and tell the patient.

    Flags that were not named, because they opened later, stay open and stay escalated.
    """
    if not Patient.objects.for_clinician(context.actor).filter(pk=patient.pk).exists():
        raise NotFound
    flags = _lock(patient, flag_ids)
    decided = Review.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        by=context.actor,
        at=context.at,
        decision=decision,
        note=note,
    )
    _close(flags, decided, usefulness or {}, at=context.at)
    _carry_out(decided, orders=orders, referrals=referrals, visit=visit)
    clinic_messages.send(context, patient=patient, text=message or LOOKED, review=decided)
    audit.record(context, "review.create", patient, subject_id=decided.id)
    return decided


def _lock(patient: Patient, flag_ids: Sequence[UUID]) -> list[Flag]:
    """The flags in the order in which every writer locks them."""
    found = list(
        Flag.objects.select_for_update().filter(patient=patient, pk__in=flag_ids).order_by("pk")
    )
    if not flag_ids or len(found) != len(set(flag_ids)):
        raise NotFound
    if any(flag.review_id for flag in found):
        raise AlreadyReviewed
    return found


def _close(
    flags: Sequence[Flag],
    decided: Review,
    usefulness: Mapping[UUID, Flag.Usefulness],
    *,
    at: datetime,
) -> None:
    """A flag that cleared or was withdrawn keeps that state; its escalation ends here."""
    for flag in flags:
        flag.review = decided
        flag.usefulness = usefulness.get(flag.id, "")
        if flag.state == Flag.State.OPEN:
            flag.state = Flag.State.CLOSED
            flag.ended_at = at
        flag.save(update_fields=["state", "ended_at", "review", "usefulness"])
    live = Escalation.objects.live().filter(flag__in=flags).select_for_update().order_by("pk")
    lifecycle.resolve(escalations=live, review_id=decided.id, at=at)


def _carry_out(
    decided: Review,
    *,
    orders: Sequence[Order.Test],
    referrals: Sequence[Referral.Specialty],
    visit: PlannedVisit | None,
) -> None:
    clinic_id = decided.clinic_id
    Order.objects.bulk_create(
        Order(clinic_id=clinic_id, review=decided, test=test) for test in orders
    )
    Referral.objects.bulk_create(
        Referral(clinic_id=clinic_id, review=decided, specialty=specialty)
        for specialty in referrals
    )
    if visit:
        Visit.objects.create(
            clinic_id=clinic_id, review=decided, mode=visit.mode, by_date=visit.by_date
        )
