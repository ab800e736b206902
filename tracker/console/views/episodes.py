from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.base import DeskForm
from tracker.console.forms.care import EndEpisodeForm, EpisodeForm, ExcuseForm
from tracker.console.lookups import patient_or_404, record_read
from tracker.models import Episode, Patient
from tracker.services.episodes import episodes
from tracker.services.errors import ServiceError

editing = require_http_methods(["GET", "HEAD", "POST"])


@editing
@page(Access.CLINICIAN)
def edit(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    """Begin an episode, or correct the dates of the current one."""
    patient = patient_or_404(request, patient_id)
    episode = patient.episodes.current().first()
    form = EpisodeForm(typed(request), initial=_initial(request, patient, episode))
    if request.method == "POST":
        if episode is None:
            done = form.submit(episodes.start, request.context, patient=patient)
        else:
            done = form.submit(episodes.change, request.context, episode=episode)
        if done:
            messages.success(request, "The episode is saved. Its flags were judged anew.")
            return redirect("console:patient", patient_id=patient.id)
    return _form(request, patient, form, "Episode" if episode else "Begin an episode")


def _initial(request: DeskRequest, patient: Patient, episode: Episode | None) -> dict[str, object]:
    if episode is None:
        return {"index_date": patient.local_date(request.at)}
    names = ("index_date", "onset_date", "surgery_date", "conservative_min_days")
    return {name: getattr(episode, name) for name in names}


@editing
@page(Access.CLINICIAN)
def end(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    patient, episode = _current(request, patient_id)
    form = EndEpisodeForm(typed(request), initial={"ended_date": patient.local_date(request.at)})
    if request.method == "POST" and form.submit(episodes.end, request.context, episode=episode):
        messages.success(request, "The episode has ended.")
        return redirect("console:patient", patient_id=patient.id)
    return _form(request, patient, form, "End the episode")


@editing
@page(Access.CLINICIAN)
def excuse(request: DeskRequest, patient_id: UUID) -> HttpResponse:
    patient, episode = _current(request, patient_id)
    form = ExcuseForm(typed(request))
    if request.method == "POST" and form.submit(episodes.excuse, request.context, episode=episode):
        messages.success(request, "These days do not count against the patient.")
        return redirect("console:patient", patient_id=patient.id)
    return _form(request, patient, form, "Excuse days")


@require_POST
@page(Access.CLINICIAN)
def stop_excusing(request: DeskRequest, patient_id: UUID, period_id: int) -> HttpResponse:
    patient, episode = _current(request, patient_id)
    period = get_object_or_404(episode.excused_periods, id=period_id)
    try:
        episodes.stop_excusing(request.context, period=period)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    return redirect("console:patient", patient_id=patient.id)


def _current(request: DeskRequest, patient_id: UUID) -> tuple[Patient, Episode]:
    patient = patient_or_404(request, patient_id)
    return patient, get_object_or_404(Episode.objects.current(), patient=patient)


def _form(request: DeskRequest, patient: Patient, form: DeskForm, title: str) -> HttpResponse:
    record_read(request, patient, "episode.read")
    context = {"form": form, "patient": patient, "title": title}
    return render(request, "console/patient_form.html", context, status=422 if form.errors else 200)
