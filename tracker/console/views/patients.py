from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.days import diary_days
from tracker.console.forms.care import PatientForm
from tracker.console.lookups import patient_or_404, record_read
from tracker.console.pictures import chart_of
from tracker.models import Episode, Flag, Patient
from tracker.services import audit
from tracker.services.episodes import episodes
from tracker.services.queries import worklist

PER_PAGE = 50
DIARY_DAYS = 14


@require_safe
@page(Access.CLINICIAN)
def index(request: DeskRequest) -> HttpResponse:
    sought = request.GET.get("q", "").replace("\0", "").strip()[:100]
    audit.record(request.context, "patients.read", request.seat)
    found = Paginator(_found(request, sought), PER_PAGE)
    context = {"page": found.get_page(request.GET.get("page")), "sought": sought}
    return render(request, "console/patients.html", context)


def _found(request: DeskRequest, sought: str) -> QuerySet[Patient]:
    patients = Patient.objects.for_clinician(request.seat).select_related("care_team")
    if sought:
        patients = patients.filter(full_name__icontains=sought)
    return patients.annotate(
        open_flags=Count("flags", filter=Q(flags__state=Flag.State.OPEN))
    ).order_by("full_name", "id")


@require_safe
@page(Access.CLINICIAN)
def show(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    """All that a clinician needs before she calls."""
    patient = patient_or_404(request, patient_id)
    record_read(request, patient, "patient.read")
    return render(request, "console/patient.html", _context(request, patient))


def _context(request: DeskRequest, patient: Patient) -> dict[str, Any]:
    episode = patient.episodes.current().first() or patient.episodes.first()
    today = patient.local_date(request.at)
    waiting = worklist.rows(clinician=request.seat, patient=patient)
    context = {
        "patient": patient,
        "episode": episode,
        "today": today,
        "row": waiting[0] if waiting else None,
        "days": diary_days(patient, last=today, count=DIARY_DAYS),
        "messages_sent": patient.messages.select_related("by")[:20],
        "reviews": patient.reviews.select_related("by").prefetch_related(
            "orders", "referrals", "visits", "flags"
        )[:20],
        "past_flags": patient.flags.exclude(state=Flag.State.OPEN).select_related("review__by")[
            :50
        ],
    }
    if episode is not None:
        context |= _care(request, episode)
    return context


def _care(request: DeskRequest, episode: Episode) -> dict[str, Any]:
    lines = list(episode.planned_measures.all())
    return {
        "day": (episode.patient.local_date(request.at) - episode.index_date).days + 1,
        "plan": [line for line in lines if line.until_date is None],
        "past_plan": [line for line in lines if line.until_date is not None],
        "excused": episode.excused_periods.all(),
        "chart": chart_of(episode, at=request.at, flags=list(episode.flags.open())),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.CLINICIAN)
def describe(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    record_read(request, patient, "patient.read")
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
    context = {"form": form, "patient": patient, "title": "What the rules must know"}
    return render(request, "console/patient_form.html", context, status=422 if form.errors else 200)
