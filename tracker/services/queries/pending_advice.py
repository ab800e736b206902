"""Pending advice: what the app must show the patient before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from tracker.models import Advice, Patient, RedFlagChecklist
from tracker.rules.engine.advice import CHECKLIST

CHECKLIST_EVERY = timedelta(days=7)
URGENCY = {
    Advice.Urgency.EMERGENCY: 0,
    Advice.Urgency.TODAY: 1,
    Advice.Urgency.INFORMATION: 2,
}


@dataclass(frozen=True, slots=True)
class PendingAdvice:
    #: not read yet, most urgent first
    advice: list[Advice]
    #: why the red-flag checklist should be shown: enrolment, weekly, triggered; empty = not now
    checklist_due: str


def pending_advice(*, patient: Patient, at: datetime) -> PendingAdvice:
    asked = Q(code=CHECKLIST.code, given_at__gt=at - CHECKLIST_EVERY)
    given = list(Advice.objects.filter(Q(read_at=None) | asked, patient=patient, withdrawn_at=None))
    unread = [one for one in given if one.read_at is None]
    unread.sort(key=lambda one: (URGENCY[Advice.Urgency(one.urgency)], one.given_at))
    requests = [one.given_at for one in given if one.code == CHECKLIST.code]
    return PendingAdvice(unread, _checklist_due(patient, requests, at=at))


def _checklist_due(patient: Patient, requests: list[datetime], *, at: datetime) -> str:
    latest = (
        RedFlagChecklist.objects.filter(patient=patient, retracted_at=None)
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    if latest is None:
        return "enrolment"
    if any(requested_at > latest for requested_at in requests):
        return "triggered"
    return "weekly" if at - latest >= CHECKLIST_EVERY else ""
