"""Who works at the clinic, and who is invited."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import outbox
from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.people import (
    InviteClinicianForm,
    InvitePatientForm,
    OwnHoursForm,
    SeatForm,
)
from tracker.models import Clinician, Invitation
from tracker.services import audit
from tracker.services.errors import ServiceError
from tracker.services.people import invitations, staff
from tracker.services.people import quiet_hours as own_hours_service
from tracker.services.people.invitations import Issued

editing = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page(Access.ADMINISTRATOR)
def index(request: DeskRequest) -> HttpResponse:
    people = Clinician.objects.filter(clinic_id=request.seat.clinic_id).select_related("user")
    people = people.prefetch_related("care_teams").order_by("-is_active", "full_name")
    rows = [(person, outbox.reachable(person.recipient_id)) for person in people]
    return render(request, "console/people.html", {"rows": rows})


@editing
@page(Access.SEAT)
def own_hours(request: DeskRequest) -> HttpResponse:
    """Everybody sets their own: when they do not want to hear what can wait."""
    known = outbox.recipient(request.seat.recipient_id)
    zone = known.time_zone if known else request.seat.clinic.time_zone
    names = ("quiet_from", "quiet_until")
    initial = {"time_zone": zone, **{name: getattr(known, name, None) for name in names}}
    form = OwnHoursForm(typed(request), initial=initial)
    if request.method == "POST" and form.submit(own_hours_service.change, request.context):
        messages.success(request, "Saved.")
        return redirect("console:own_hours")
    context = {"form": form, "is_reachable": outbox.reachable(request.seat.recipient_id)}
    return render(request, "console/own_hours.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def edit(request: DeskRequest, clinician_id: UUID) -> HttpResponse:
    person = get_object_or_404(
        Clinician.objects.filter(clinic_id=request.seat.clinic_id), id=clinician_id
    )
    names = ("full_name", "role", "is_administrator", "is_active")
    form = SeatForm(typed(request), initial={name: getattr(person, name) for name in names})
    if request.method == "POST" and form.submit(staff.change, request.context, clinician=person):
        messages.success(request, "Saved.")
        return redirect("console:people")
    context = {"form": form, "person": person}
    return render(request, "console/clinician.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def invite_clinician(request: DeskRequest) -> HttpResponse:
    form = InviteClinicianForm(typed(request))
    if request.method == "POST":
        issued = form.submit(
            invitations.invite_clinician, request.context, clinic=request.seat.clinic
        )
        if issued:
            return _show_once(request, issued)
    context = {"form": form, "title": "Invite someone who works here"}
    return render(request, "console/invite.html", context, status=422 if form.errors else 200)


@editing
@page(Access.SEAT)
def invite_patient(request: DeskRequest) -> HttpResponse:
    form = InvitePatientForm(typed(request), clinic=request.seat.clinic)
    if request.method == "POST":
        issued = form.submit(invitations.invite_patient, request.context)
        if issued:
            return _show_once(request, issued)
    context = {"form": form, "title": "Invite a patient"}
    return render(request, "console/invite.html", context, status=422 if form.errors else 200)


@require_safe
@page(Access.SEAT)
def invitations_sent(request: DeskRequest) -> HttpResponse:
    sent = _visible(request).select_related("patient", "created_by")
    audit.record(request.context, "invitations.read", request.seat)
    return render(request, "console/invitations.html", {"sent": sent[:200]})


@require_POST
@page(Access.SEAT)
def resend(request: DeskRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(_visible(request), id=invitation_id)
    try:
        issued = invitations.resend(request.context, invitation=invitation)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:invitations")
    return _show_once(request, issued)


@require_POST
@page(Access.SEAT)
def revoke(request: DeskRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(_visible(request), id=invitation_id)
    try:
        invitations.revoke(request.context, invitation=invitation)
        messages.success(request, "The invitation is revoked: its link no longer works.")
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    return redirect("console:invitations")


def _visible(request: DeskRequest):  # type: ignore[no-untyped-def]
    """Everyone who works here may invite patients; only who runs the clinic, colleagues."""
    sent = Invitation.objects.filter(clinic_id=request.seat.clinic_id)
    if not request.seat.is_administrator:
        sent = sent.filter(kind=Invitation.Kind.PATIENT)
    return sent


def _show_once(request: DeskRequest, issued: Issued) -> HttpResponse:
    """The link is shown in this answer and is nowhere to be read again."""
    link = request.build_absolute_uri(issued.path)
    context = {"invitation": issued.invitation, "link": link, "code": issued.token}
    return render(request, "console/invited.html", context)
