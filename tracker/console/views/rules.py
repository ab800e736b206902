"""The rules that a clinic runs: versions, numbers, trials, and what their flags are worth."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tracker.console.access import Access, DeskRequest, page
from tracker.console.forms.base import DeskForm
from tracker.console.forms.rules import AdoptForm, SinceForm, ThresholdForm, TrialForm
from tracker.console.lookups import patient_or_404, record_read
from tracker.models import RulesetAdoption, ShadowTrial, ThresholdChange
from tracker.services.errors import ServiceError
from tracker.services.local_time.calendars import calendar_of
from tracker.services.rulesets import (
    adoption,
    alert_burden,
    ruleset_periods,
    shadow_trials,
    thresholds,
)

editing = require_http_methods(["GET", "HEAD", "POST"])
#: What a report is about where no day is chosen.
REPORTED_DAYS = 90


@editing
@page(Access.ADMINISTRATOR)
def versions(request: DeskRequest) -> HttpResponse:
    """Which version is in force, which was, and the trial beside it."""
    clinic = request.seat.clinic
    form = AdoptForm(
        request.POST or None, initial={"from_date": adoption.earliest_start(clinic, request.at)}
    )
    if request.method == "POST" and form.submit(adoption.adopt, request.context, clinic=clinic):
        messages.success(request, "The ruleset is adopted from that day on.")
        return redirect("console:rules")
    return _versions(request, form, TrialForm())


@require_POST
@page(Access.ADMINISTRATOR)
def start_trial(request: DeskRequest) -> HttpResponse:
    form = TrialForm(request.POST)
    if not form.submit(shadow_trials.start, request.context, clinic=request.seat.clinic):
        return _versions(request, AdoptForm(), form)
    messages.success(request, "The trial begins tomorrow. Nobody will be told of what it finds.")
    return redirect("console:rules")


@require_POST
@page(Access.ADMINISTRATOR)
def stop_trial(request: DeskRequest) -> HttpResponse:
    try:
        shadow_trials.stop(request.context, clinic=request.seat.clinic)
        messages.success(request, "The trial is over. What it found is kept.")
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    return redirect("console:rules")


def _versions(request: DeskRequest, adopting: AdoptForm, trying: TrialForm) -> HttpResponse:
    clinic = request.seat.clinic
    today = request.at.astimezone(clinic.zone).date()
    trial = ShadowTrial.objects.filter(clinic=clinic).select_related("started_by").first()
    periods = ruleset_periods.periods_of(clinic_id=clinic.id)
    context = {
        "section": "rules",
        "in_force": ruleset_periods.in_force(periods, today),
        "adoptions": RulesetAdoption.objects.filter(clinic=clinic)
        .select_related("adopted_by")
        .order_by("-from_date"),
        "form": trying if trying.errors else adopting,
        "adopting": adopting,
        "trying": trying,
        "trial": trial,
        "comparison": shadow_trials.compare(trial=trial) if trial else [],
    }
    status = 422 if adopting.errors or trying.errors else 200
    return render(request, "console/rules.html", context, status=status)


@editing
@page(Access.ADMINISTRATOR)
def numbers(request: DeskRequest) -> HttpResponse:
    """The clinic's numbers, and the form that changes one of them."""
    clinic = request.seat.clinic
    today = request.at.astimezone(clinic.zone).date()
    settings = thresholds.settings_of(clinic=clinic, on=today)
    form = _number_form(request, settings, adoption.earliest_start(clinic, request.at))
    if request.method == "POST" and form.submit(thresholds.change, request.context, clinic=clinic):
        messages.success(request, "Saved. It decides from that day on.")
        return redirect("console:thresholds")
    changes = ThresholdChange.objects.filter(clinic=clinic, patient=None)
    context = {"section": "thresholds", **_numbers(settings, changes, form)}
    return render(request, "console/thresholds.html", context, status=422 if form.errors else 200)


@editing
@page(Access.CLINICIAN)
def patient_numbers(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    """The numbers of one patient, over the clinic's."""
    patient = patient_or_404(request, patient_id)
    record_read(request, patient, "patient.read")
    today = calendar_of(patient).today(request.at)
    settings = thresholds.settings_of(clinic=patient.clinic, patient=patient, on=today)
    form = _number_form(request, settings, today + timedelta(days=1))
    if request.method == "POST" and form.submit(
        thresholds.change, request.context, clinic=patient.clinic, patient=patient
    ):
        messages.success(request, "Saved. It decides from that day on.")
        return redirect("console:patient_thresholds", patient_id=patient.id)
    changes = ThresholdChange.objects.filter(patient=patient)
    context = {"patient": patient, **_numbers(settings, changes, form)}
    return render(request, "console/thresholds.html", context, status=422 if form.errors else 200)


def _number_form(
    request: DeskRequest, settings: list[thresholds.Setting], earliest: date
) -> ThresholdForm:
    initial = {"name": request.GET.get("name", ""), "from_date": earliest}
    return ThresholdForm(request.POST or None, settings=settings, initial=initial)


def _numbers(settings: list[thresholds.Setting], changes: Any, form: DeskForm) -> dict[str, Any]:
    return {
        "settings": settings,
        "changes": changes.select_related("changed_by").order_by("-id"),
        "form": form,
    }


@require_safe
@page(Access.SEAT)
def burden(request: DeskRequest) -> HttpResponse:
    """What the clinic's flags cost and were worth. Numbers only: no patient is named."""
    clinic = request.seat.clinic
    default = request.at.astimezone(clinic.zone).date() - timedelta(days=REPORTED_DAYS)
    form = SinceForm(request.GET)
    since = form.chosen(default)
    context = {
        "since": since,
        "burdens": alert_burden.of_clinic(clinic=clinic, since=since, at=request.at),
    }
    return render(request, "console/alert_burden.html", context)
