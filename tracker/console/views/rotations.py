"""On call: who is on duty, who is next, and who takes a span of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import outbox
from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.rotations import OverrideForm, RotationForm
from tracker.models import Clinician, Rotation, RotationOverride
from tracker.services.errors import ServiceError
from tracker.services.on_call import duty, rotations

editing = require_http_methods(["GET", "HEAD", "POST"])

AHEAD = timedelta(days=14)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    person: Clinician | None
    is_reachable: bool
    starts_at: datetime
    ends_at: datetime
    is_override: bool


@require_safe
@page(Access.SEAT)
def index(request: DeskRequest) -> HttpResponse:
    found = Rotation.objects.filter(clinic_id=request.seat.clinic_id).select_related("clinic")
    rows = [(rotation, _turns(rotation, request.at, timedelta(minutes=1))[0]) for rotation in found]
    return render(request, "console/rotations.html", {"rows": rows})


@editing
@page(Access.SEAT)
def show(request: DeskRequest, rotation_id: UUID) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    form = OverrideForm(typed(request), clinic=rotation.clinic)
    if request.method == "POST" and form.submit(
        rotations.add_override, request.context, rotation=rotation
    ):
        messages.success(request, "The override is entered.")
        return redirect("console:rotation", rotation_id=rotation.id)
    context = {
        "rotation": rotation,
        "members": rotation.members.select_related("clinician"),
        "turns": _turns(rotation, request.at, AHEAD),
        "overrides": rotation.overrides.filter(ends_at__gt=request.at).select_related(
            "clinician", "entered_by"
        ),
        "form": form,
    }
    return render(request, "console/rotation.html", context, status=422 if form.errors else 200)


def _rotation(request: DeskRequest, rotation_id: UUID) -> Rotation:
    found = Rotation.objects.filter(clinic_id=request.seat.clinic_id).select_related("clinic")
    return get_object_or_404(found, id=rotation_id)


def _turns(rotation: Rotation, at: datetime, ahead: timedelta) -> list[Turn]:
    people = {each.id: each for each in Clinician.objects.filter(clinic_id=rotation.clinic_id)}
    active = Clinician.objects.active().filter(clinic_id=rotation.clinic_id)
    reachable = {each.id for each in active if outbox.reachable(each.recipient_id)}
    changes = duty.shifts(
        duty.roster_of(rotation),
        duty.overrides_of(rotation, since=at),
        start=at,
        end=at + ahead,
    )
    return [
        Turn(
            person=people[shift.clinician] if shift.clinician else None,
            is_reachable=shift.clinician in reachable,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            is_override=shift.is_override,
        )
        for shift in changes
    ]


@editing
@page(Access.ADMINISTRATOR)
def create(request: DeskRequest) -> HttpResponse:
    return _edit(request, Rotation(clinic=request.seat.clinic))


@editing
@page(Access.ADMINISTRATOR)
def edit(request: DeskRequest, rotation_id: UUID) -> HttpResponse:
    return _edit(request, _rotation(request, rotation_id))


def _edit(request: DeskRequest, rotation: Rotation) -> HttpResponse:
    form = RotationForm.of(rotation, typed(request))
    if request.method == "POST" and form.submit(rotations.save, request.context, rotation=rotation):
        messages.success(request, "The rotation is saved. A ladder uses it once a step names it.")
        return redirect("console:rotation", rotation_id=rotation.id)
    context = {"form": form, "rotation": rotation, "is_new": rotation._state.adding}
    return render(
        request, "console/rotation_form.html", context, status=422 if form.errors else 200
    )


@require_POST
@page(Access.ADMINISTRATOR)
def remove(request: DeskRequest, rotation_id: UUID) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    try:
        rotations.remove(request.context, rotation=rotation)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:rotation", rotation_id=rotation_id)
    messages.success(request, "The rotation is removed.")
    return redirect("console:rotations")


@require_POST
@page(Access.SEAT)
def remove_override(request: DeskRequest, rotation_id: UUID, override_id: int) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    override = get_object_or_404(RotationOverride, rotation=rotation, id=override_id)
    rotations.remove_override(request.context, override=override)
    messages.success(request, "The override is removed.")
    return redirect("console:rotation", rotation_id=rotation.id)
