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
from tracker.console.forms.base import DeskForm
from tracker.console.forms.escalations import HandOverForm, SnoozeForm
from tracker.console.forms.review import ReviewForm
from tracker.console.pictures import chart_of
from tracker.models import Clinician, Escalation, EscalationStep, Flag, Patient
from tracker.services import audit
from tracker.services.errors import ServiceError
from tracker.services.escalations import hand_overs, lifecycle, snoozes
from tracker.services.queries import worklist
from tracker.services.reviews import reviews


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
        seen = lifecycle.acknowledge(request.context, escalation_ids=_ids(request))
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:flag", flag_id=flag.id)
    count = f"{len(seen)} flags" if len(seen) > 1 else "1 flag"
    messages.success(request, f"You acknowledged {count}. A review is due now: it is yours.")
    _warn_of_newer(request, flag)
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def hand_over(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    flag, ladder = _live(request, flag_id)
    form = HandOverForm(request.POST, escalation=ladder)
    if not form.submit(hand_overs.hand_over, request.context, escalation_id=ladder.id):
        return _refused(request, flag, form)
    messages.success(request, "It is handed over. The deadline of the review stays.")
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def snooze(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    flag, ladder = _live(request, flag_id)
    form = SnoozeForm(request.POST, escalation=ladder)
    if not form.submit(snoozes.snooze, request.context, escalation_id=ladder.id):
        return _refused(request, flag, form)
    messages.success(request, "It is snoozed. Then the ladder runs again.")
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def wake(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    flag, ladder = _live(request, flag_id)
    try:
        snoozes.end(request.context, escalation_id=ladder.id)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "The snooze is over, and the ladder runs.")
    return redirect("console:flag", flag_id=flag.id)


def _live(request: DeskRequest, flag_id: UUID) -> tuple[Flag, Escalation]:
    flag = _flag(request, flag_id)
    ladders = flag.escalations.live().select_related("patient__care_team")
    return flag, get_object_or_404(ladders)


def _refused(request: DeskRequest, flag: Flag, form: DeskForm) -> HttpResponse:
    """A choice from a list went stale while the page was being read: say so, and show it anew."""
    for field, errors in form.errors.items():
        label = form.fields[field].label if field in form.fields else ""
        messages.error(request, f"{label}: {errors[0]}" if label else str(errors[0]))
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def review(request: DeskRequest, flag_id: UUID) -> HttpResponse:
    """Close the flags that were ticked on the page, with one decision."""
    flag = _flag(request, flag_id)
    form = ReviewForm(request.POST, flags=_reviewable(flag.patient, first=flag))
    if not form.submit(reviews.review, request.context, patient=flag.patient):
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
    audit.record(request.context, "flag.read", flag)
    shown = _reviewable(flag.patient, first=flag)
    ladder = _ladder(flag)
    context: dict[str, Any] = {
        "flag": flag,
        "patient": flag.patient,
        "rule": rulebook.entry(flag.rule),
        "escalation": ladder,
        "steps": _steps(ladder) if ladder else (),
        **(_owners_forms(ladder, request.seat) if ladder else {}),
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
    ladders = (
        flag.escalations.prefetch_related(
            "acknowledgements__by", "hand_overs__by", "hand_overs__to", "snoozes__by"
        )
        .select_related("owner", "patient__care_team")
        .order_by("-opened_at")
    )
    return ladders.live().first() or ladders.first()


def _steps(ladder: Escalation) -> list[tuple[EscalationStep, list[str]]]:
    """The steps of this run; of a rotation, with the names of whom it told."""
    steps = list(ladder.steps.filter(epoch=ladder.epoch))
    told = {key for step in steps if step.rotation_id for key in step.clinicians}
    names = dict(Clinician.objects.filter(pk__in=told).values_list("id", "full_name"))
    return [(step, [names[key] for key in step.clinicians if key in names]) for step in steps]


def _owners_forms(ladder: Escalation, seat: Clinician) -> dict[str, Any]:
    """What whoever acknowledged may do besides reviewing."""
    acknowledged = [
        each.by_id for each in ladder.acknowledgements.all() if each.epoch == ladder.epoch
    ]
    is_theirs = seat.id in {ladder.owner_id, *acknowledged}
    if ladder.state != Escalation.State.ACKNOWLEDGED or not is_theirs:
        return {}
    return {
        "hand_over": HandOverForm(escalation=ladder),
        "snooze": SnoozeForm(escalation=ladder),
    }


def _waits(escalation: Escalation) -> bool:
    return escalation.state in {Escalation.State.ACTIVE, Escalation.State.EXHAUSTED}
