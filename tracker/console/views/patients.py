from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from tracker.console.access import Access, ConsoleRequest, page, typed
from tracker.console.chart_data import chart_of
from tracker.console.forms.patients import PatientForm
from tracker.console.patient_lookup import patient_or_404
from tracker.services import audit
from tracker.services.episodes import episodes
from tracker.services.queries import patients

PER_PAGE = 50


@require_safe
@page(Access.CLINICIAN)
def index(request: ConsoleRequest) -> HttpResponse:
    sought = request.GET.get("q", "").replace("\0", "").strip()[:100]
    audit.record(request.context, "patients.read", request.membership)
    found = patients.found(request.membership, name_contains=sought)
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "sought": sought,
    }
    return render(request, "console/patients.html", context)


@require_safe
@page(Access.CLINICIAN)
def show(request: ConsoleRequest, patient_id: UUID) -> HttpResponse:
    """Show what a clinician needs to know before calling the patient."""
    patient = patient_or_404(request, patient_id)
    audit.record(request.context, "patient.read", patient)
    overview = patients.overview(patient, clinician=request.membership, at=request.at)
    context: dict[str, Any] = {"patient": patient, "overview": overview, "row": overview.row}
    if care := overview.care:
        context["episode"] = care.episode
        context["chart"] = chart_of(care.episode, at=request.at, flags=care.open_flags)
    return render(request, "console/patient.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.CLINICIAN)
def describe(request: ConsoleRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    audit.record(request.context, "patient.read", patient)
    initial = {
        "conditions": patient.conditions,
        "function_floor": patient.function_floor,
        "mme_acknowledged": patient.mme_acknowledged,
    }
    form = PatientForm(typed(request), initial=initial)
    if request.method == "POST" and form.submit(
        episodes.describe_patient, request.context, patient=patient
    ):
        messages.success(request, "Saved.")
        return redirect("console:patient", patient_id=patient.id)
    context = {"form": form, "patient": patient, "title": "What the rules take into account"}
    return render(request, "console/patient_form.html", context, status=422 if form.errors else 200)
