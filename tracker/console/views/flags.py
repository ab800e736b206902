"""A flag: why it is there, who was told, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from tracker.console import rule_labels
from tracker.console.access import Access, ConsoleRequest, page
from tracker.console.chart_data import chart_of
from tracker.console.forms.base import ConsoleForm
from tracker.console.forms.escalations import HandOverForm, SnoozeForm
from tracker.console.forms.review import ReviewForm
from tracker.models import Escalation, Flag, Patient
from tracker.services import audit
from tracker.services.errors import ServiceError
from tracker.services.escalations import hand_overs, lifecycle, snoozes
from tracker.services.queries import flag_page
from tracker.services.reviews import reviews


@require_safe
@page(Access.CLINICIAN)
def show(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    return _page(request, _flag(request, flag_id))


@require_POST
@page(Access.CLINICIAN)
def acknowledge(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    """Acknowledge the escalations that the page showed, and no newer one."""
    flag = _flag(request, flag_id)
    try:
        seen = lifecycle.acknowledge(request.context, escalation_ids=_ids(request))
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:flag", flag_id=flag.id)
    is_this_flag = [each.flag_id for each in seen] == [flag.id]
    what = "this flag" if is_this_flag else _count_of_flags(len(seen))
    due = min(each.review_by for each in seen if each.review_by)
    messages.success(request, f"You acknowledged {what}. A review is due by {_time(due)}.")
    _warn_of_newer(request, flag)
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def hand_over(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    flag, escalation = _live(request, flag_id)
    form = HandOverForm(request.POST, escalation=escalation)
    if not form.submit(hand_overs.hand_over, request.context, escalation_id=escalation.id):
        return _refused(request, flag, form)
    messages.success(request, "Handed over. The review is still due at the same time.")
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def snooze(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    flag, escalation = _live(request, flag_id)
    form = SnoozeForm(request.POST, escalation=escalation)
    snoozed = form.submit(snoozes.snooze, request.context, escalation_id=escalation.id)
    if not snoozed:
        return _refused(request, flag, form)
    messages.success(
        request, f"Snoozed until {_time(snoozed.wake_at)}. The escalation then restarts."
    )
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def wake(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    flag, escalation = _live(request, flag_id)
    try:
        snoozes.end(request.context, escalation_id=escalation.id)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "Snooze ended. The escalation has restarted.")
    return redirect("console:flag", flag_id=flag.id)


def _live(request: ConsoleRequest, flag_id: UUID) -> tuple[Flag, Escalation]:
    flag = _flag(request, flag_id)
    escalations = flag.escalations.live().select_related("patient__care_team")
    return flag, get_object_or_404(escalations)


def _refused(request: ConsoleRequest, flag: Flag, form: ConsoleForm) -> HttpResponse:
    """Report the errors of a form whose choices may have changed since the page was loaded."""
    for field, errors in form.errors.items():
        label = form.fields[field].label if field in form.fields else ""
        messages.error(request, f"{label}: {errors[0]}" if label else str(errors[0]))
    return redirect("console:flag", flag_id=flag.id)


@require_POST
@page(Access.CLINICIAN)
def review(request: ConsoleRequest, flag_id: UUID) -> HttpResponse:
    """Close the flags that were ticked on the page, with one decision."""
    flag = _flag(request, flag_id)
    form = ReviewForm(request.POST, flags=flag_page.reviewable_flags(flag.patient, first=flag))
    if not form.submit(reviews.review, request.context, patient=flag.patient):
        return _page(request, flag, form)
    messages.success(request, "Review saved. The patient has been told.")
    _warn_of_newer(request, flag)
    return redirect("console:patient", patient_id=flag.patient_id)


def _flag(request: ConsoleRequest, flag_id: UUID) -> Flag:
    flags = Flag.objects.filter(patient__in=Patient.objects.for_clinician(request.membership))
    return get_object_or_404(
        flags.select_related("patient__care_team", "episode", "review__by"), id=flag_id
    )


def _ids(request: ConsoleRequest) -> list[UUID]:
    """Return the ids posted; one that is not a UUID is left out, and the service misses it."""
    ids = []
    for text in request.POST.getlist("escalation"):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids


def _warn_of_newer(request: ConsoleRequest, flag: Flag) -> None:
    """Warn of the escalations that opened after the page was loaded."""
    flags = flag_page.reviewable_flags(flag.patient, first=flag)
    waiting = len(flag_page.unacknowledged(flags))
    if waiting:
        verb = "need" if waiting > 1 else "needs"
        messages.warning(
            request, f"{_count_of_flags(waiting)} of this patient still {verb} an acknowledgement."
        )


def _count_of_flags(count: int) -> str:
    return f"{count} flags" if count > 1 else "1 flag"


def _time(at: datetime) -> str:
    """Write a time as the pages do, in the clinic's time zone."""
    return date_format(timezone.localtime(at), "D M j, g:i A")


def _page(request: ConsoleRequest, flag: Flag, form: ReviewForm | None = None) -> HttpResponse:
    audit.record(request.context, "flag.read", flag)
    shown = flag_page.reviewable_flags(flag.patient, first=flag)
    escalation = flag_page.newest_escalation(flag)
    context: dict[str, Any] = {
        "flag": flag,
        "patient": flag.patient,
        "rule": rule_labels.entry(flag.rule),
        "escalation": escalation,
        "steps": flag_page.steps_with_names(escalation) if escalation else (),
        "waiting": flag_page.unacknowledged(shown),
        "others": [other for other in shown if other.id != flag.id],
        "form": form or ReviewForm(flags=shown, initial={"flags": [str(flag.id)]}),
        "can_review": any(other.id == flag.id for other in shown),
        "chart": chart_of(flag.episode, at=request.at, flags=[flag]),
    }
    if escalation and flag_page.may_hand_over(escalation, request.membership):
        context["hand_over"] = HandOverForm(escalation=escalation)
        context["snooze"] = SnoozeForm(escalation=escalation)
    status = 422 if form and form.errors else 200
    return render(request, "console/flag.html", context, status=status)
