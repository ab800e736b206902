"""A flag: why it is there, who was told, and what was decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from tracker.console import rulebook
from tracker.console.access import Access, DeskRequest, page
from tracker.console.forms.review import ReviewForm
from tracker.console.pictures import chart_of
from tracker.models import Escalation, Flag, Patient
from tracker.services import audit, escalations, reviews, worklist
from tracker.services.errors import ServiceError


@require_safe
@page(Access.CLINICIAN)
def show(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    return _page(request, _flag(request, flag_id))


@require_POST
@page(Access.CLINICIAN)
def acknowledge(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    """Acknowledge the escalations that the page showed, and no newer one."""
    flag = _flag(request, flag_id)
    try:
        seen = escalations.acknowledge(escalation_ids=_ids(request), by=request.seat, at=request.at)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:flag", flag_id=flag.id)
    count = f"{len(seen)} flags" if len(seen) > 1 else "1 flag"
    messages.success(request, f"You acknowledged {count}. A review is due now: it is yours.")
    _warn_of_newer(request, flag)
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def review(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    """Close the flags that were ticked on the page, with one decision."""
    flag = _flag(request, flag_id)
    form = ReviewForm(request.POST, flags=_reviewable(flag.patient, first=flag))
    if not form.submit(reviews.review, patient=flag.patient, by=request.seat, at=request.at):
        return _page(request, flag, form)
    messages.success(request, "The review is saved, and the patient is told.")
    _warn_of_newer(request, flag)
    return redirect("console:patient", patient_id=flag.patient_id)


def _flag(request: DeskRequest, flag_id: UUID) -> Flag:
    flags = Flag.objects.filter(patient__in=Patient.objects.for_clinician(request.seat))
    return get_object_or_404(
        flags.select_related("patient__care_team", "episode", "review__by"), id=flag_id
    )


def _ids(request: DeskRequest) -> list[UUID]:
    """An id that is none is left out: the service finds that one is missing."""
    ids = []
    for text in request.POST.getlist("escalation"):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids


def _warn_of_newer(request: DeskRequest, flag: Flag) -> None:
    waiting = [
        each
        for row in worklist.rows(clinician=request.seat, patient=flag.patient)
        for each in row.escalations
        if each.state in {Escalation.State.ACTIVE, Escalation.State.EXHAUSTED}
    ]
    if waiting:
        count = f"{len(waiting)} flags of this patient" if len(waiting) > 1 else "1 flag"
        messages.warning(request, f"{count} that you had not named still waits for someone.")


def _reviewable(patient: Patient, *, first: Flag) -> list[Flag]:
    """This flag, then the patient's others that wait for a decision."""
    flags = worklist.needing_decision().filter(patient=patient)
    return sorted(flags, key=lambda flag: (flag.id != first.id, flag.priority, flag.opened_at))


def _page(request: DeskRequest, flag: Flag, form: ReviewForm | None = None) -> HttpResponse:
    audit.record(
        action="flag.read",
        by=request.seat,
        at=request.at,
        clinic_id=flag.clinic_id,
        patient_id=flag.patient_id,
        subject_id=flag.id,
    )
    shown = _reviewable(flag.patient, first=flag)
    ladder = _ladder(flag)
    context: dict[str, Any] = {
        "flag": flag,
        "patient": flag.patient,
        "rule": rulebook.entry(flag.rule),
        "escalation": ladder,
        "steps": ladder.steps.filter(epoch=ladder.epoch) if ladder else (),
        "waiting": [each for other in shown for each in other.escalations.all() if _waits(each)],
        "others": [other for other in shown if other.id != flag.id],
        "form": form or ReviewForm(flags=shown, initial={"flags": [str(flag.id)]}),
        "can_review": any(other.id == flag.id for other in shown),
        "chart": chart_of(flag.episode, at=request.at, flags=[flag]),
    }
    status = 422 if form and form.errors else 200
    return render(request, "console/flag.html", context, status=status)


def _ladder(flag: Flag) -> Escalation | None:
    """The live ladder, else the newest that was."""
    ladders = flag.escalations.prefetch_related("acknowledgements__by").order_by("-opened_at")
    return ladders.live().first() or ladders.first()


def _waits(escalation: Escalation) -> bool:
    return escalation.state in {Escalation.State.ACTIVE, Escalation.State.EXHAUSTED}
