from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.base import DeskForm
from tracker.console.forms.care import EndLineForm, PlanLineForm, WaiveForm, initial_of
from tracker.console.lookups import patient_or_404, record_read
from tracker.models import Episode, Patient, PlannedMeasure
from tracker.services.episodes import care_plans

editing = require_http_methods(["GET", "HEAD", "POST"])


@editing
@page(Access.CLINICIAN)
def add(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    episode = get_object_or_404(Episode.objects.current(), patient=patient)
    today = patient.local_date(request.at)
    form = PlanLineForm(typed(request), initial={"from_date": max(today, episode.index_date)})
    if request.method == "POST" and form.submit(care_plans.add, request.context, episode=episode):
        return _saved(request, patient)
    return _form(request, patient, form, "Add to the care plan")


@editing
@page(Access.CLINICIAN)
def change(request: DeskRequest, line_id: UUID) -> HttpResponse:
    """The line ends on the day before; what is typed begins."""
    planned, patient = _line(request, line_id)
    initial = initial_of(care_plans.line_of(planned))
    form = PlanLineForm(
        typed(request), initial={**initial, "from_date": patient.local_date(request.at)}
    )
    if request.method == "POST" and form.submit(
        care_plans.change, request.context, planned=planned
    ):
        return _saved(request, patient)
    return _form(request, patient, form, "Change the care plan")


@editing
@page(Access.CLINICIAN)
def end(request: DeskRequest, line_id: UUID) -> HttpResponse:
    planned, patient = _line(request, line_id)
    form = EndLineForm(typed(request), initial={"until_date": patient.local_date(request.at)})
    if request.method == "POST" and form.submit(care_plans.end, request.context, planned=planned):
        return _saved(request, patient)
    return _form(request, patient, form, "End a measure", planned)


@editing
@page(Access.CLINICIAN)
def waive(request: DeskRequest, line_id: UUID) -> HttpResponse:
    planned, patient = _line(request, line_id)
    form = WaiveForm(typed(request), initial={"from_date": patient.local_date(request.at)})
    if request.method == "POST" and form.submit(care_plans.waive, request.context, planned=planned):
        return _saved(request, patient)
    return _form(request, patient, form, "Waive a measure", planned)


def _line(request: DeskRequest, line_id: UUID) -> tuple[PlannedMeasure, Patient]:
    lines = PlannedMeasure.objects.filter(
        episode__patient__in=Patient.objects.for_clinician(request.seat)
    )
    planned = get_object_or_404(lines.select_related("episode__patient__clinic"), id=line_id)
    return planned, planned.episode.patient


def _saved(request: DeskRequest, patient: Patient) -> HttpResponse:
    messages.success(request, "The care plan is saved. Its flags were judged anew.")
    return redirect("console:patient", patient_id=patient.id)


def _form(
    request: DeskRequest,
    patient: Patient,
    form: DeskForm,
    title: str,
    planned: PlannedMeasure | None = None,
) -> HttpResponse:
    record_read(request, patient, "care_plan.read")
    context = {"form": form, "patient": patient, "title": title, "planned": planned}
    template = "plan_line.html" if isinstance(form, PlanLineForm) else "patient_form.html"
    return render(request, f"console/{template}", context, status=422 if form.errors else 200)
