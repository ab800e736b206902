"""On call: who is on duty, who is next, and who takes a span of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tracker.console.access import Access, ConsoleRequest, page, typed
from tracker.console.forms.rotations import OverrideForm, RotationForm
from tracker.models import Rotation, RotationOverride
from tracker.services.errors import ServiceError
from tracker.services.on_call import rotations
from tracker.services.queries import on_call

editing = require_http_methods(["GET", "HEAD", "POST"])

AHEAD = timedelta(days=14)


@require_safe
@page(Access.MEMBER)
def index(request: ConsoleRequest) -> HttpResponse:
    found = Rotation.objects.filter(clinic_id=request.membership.clinic_id).select_related("clinic")
    rows = [(rotation, on_call.turn_now(rotation, request.at)) for rotation in found]
    return render(request, "console/rotations.html", {"rows": rows})


@editing
@page(Access.MEMBER)
def show(request: ConsoleRequest, rotation_id: UUID) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    form = OverrideForm(typed(request), clinic=rotation.clinic)
    if request.method == "POST" and form.submit(
        rotations.add_override, request.context, rotation=rotation
    ):
        messages.success(request, "Override saved.")
        return redirect("console:rotation", rotation_id=rotation.id)
    context = {
        "rotation": rotation,
        "members": rotation.members.select_related("clinician"),
        "turns": on_call.turns(rotation, request.at, AHEAD),
        "overrides": rotation.overrides.filter(ends_at__gt=request.at).select_related(
            "clinician", "entered_by"
        ),
        "form": form,
    }
    return render(request, "console/rotation.html", context, status=422 if form.errors else 200)


def _rotation(request: ConsoleRequest, rotation_id: UUID) -> Rotation:
    found = Rotation.objects.filter(clinic_id=request.membership.clinic_id).select_related("clinic")
    return get_object_or_404(found, id=rotation_id)


@editing
@page(Access.ADMINISTRATOR)
def create(request: ConsoleRequest) -> HttpResponse:
    return _edit(request, Rotation(clinic=request.membership.clinic))


@editing
@page(Access.ADMINISTRATOR)
def edit(request: ConsoleRequest, rotation_id: UUID) -> HttpResponse:
    return _edit(request, _rotation(request, rotation_id))


def _edit(request: ConsoleRequest, rotation: Rotation) -> HttpResponse:
    form = RotationForm.of(rotation, typed(request))
    if request.method == "POST" and form.submit(rotations.save, request.context, rotation=rotation):
        messages.success(
            request, "Rotation saved. An escalation policy uses it once a step names it."
        )
        return redirect("console:rotation", rotation_id=rotation.id)
    context = {"form": form, "rotation": rotation, "is_new": rotation._state.adding}
    return render(
        request, "console/rotation_form.html", context, status=422 if form.errors else 200
    )


@require_POST
@page(Access.ADMINISTRATOR)
def remove(request: ConsoleRequest, rotation_id: UUID) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    try:
        rotations.remove(request.context, rotation=rotation)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:rotation", rotation_id=rotation_id)
    messages.success(request, "Rotation removed.")
    return redirect("console:rotations")


@require_POST
@page(Access.MEMBER)
def remove_override(request: ConsoleRequest, rotation_id: UUID, override_id: int) -> HttpResponse:
    rotation = _rotation(request, rotation_id)
    override = get_object_or_404(RotationOverride, rotation=rotation, id=override_id)
    rotations.remove_override(request.context, override=override)
    messages.success(request, "Override removed.")
    return redirect("console:rotation", rotation_id=rotation.id)
