"""Who works at the clinic, and who is invited."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import outbox
from tracker.console.access import Access, ConsoleRequest, page, typed
from tracker.console.forms.people import (
    InviteClinicianForm,
    InvitePatientForm,
    MembershipForm,
    QuietHoursForm,
)
from tracker.models import Clinician, Invitation
from tracker.services import audit
from tracker.services.errors import ServiceError
from tracker.services.people import invitations, staff
from tracker.services.people import quiet_hours as quiet_hours_service
from tracker.services.people.invitations import Issued

editing = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page(Access.ADMINISTRATOR)
def index(request: ConsoleRequest) -> HttpResponse:
    people = Clinician.objects.filter(clinic_id=request.membership.clinic_id).select_related("user")
    people = people.prefetch_related("care_teams").order_by("-is_active", "full_name")
    rows = [(person, outbox.reachable(person.recipient_id)) for person in people]
    return render(request, "console/people.html", {"rows": rows})


@editing
@page(Access.MEMBER)
def quiet_hours(request: ConsoleRequest) -> HttpResponse:
    """Set one's own quiet hours."""
    known = outbox.recipient(request.membership.recipient_id)
    zone = known.time_zone if known else request.membership.clinic.time_zone
    names = ("quiet_from", "quiet_until")
    initial = {"time_zone": zone, **{name: getattr(known, name, None) for name in names}}
    form = QuietHoursForm(typed(request), initial=initial)
    if request.method == "POST" and form.submit(quiet_hours_service.change, request.context):
        messages.success(request, "Saved.")
        return redirect("console:quiet_hours")
    context = {"form": form, "is_reachable": outbox.reachable(request.membership.recipient_id)}
    return render(request, "console/quiet_hours.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def edit(request: ConsoleRequest, clinician_id: UUID) -> HttpResponse:
    person = get_object_or_404(
        Clinician.objects.filter(clinic_id=request.membership.clinic_id), id=clinician_id
    )
    names = ("full_name", "role", "is_administrator", "is_active")
    form = MembershipForm(typed(request), initial={name: getattr(person, name) for name in names})
    if request.method == "POST" and form.submit(staff.change, request.context, clinician=person):
        messages.success(request, "Saved.")
        return redirect("console:people")
    context = {"form": form, "person": person}
    return render(request, "console/clinician.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def invite_clinician(request: ConsoleRequest) -> HttpResponse:
    form = InviteClinicianForm(typed(request))
    if request.method == "POST":
        issued = form.submit(
            invitations.invite_clinician, request.context, clinic=request.membership.clinic
        )
        if issued:
            return _show_once(request, issued)
    context = {"form": form, "title": "Invite someone who works here"}
    return render(request, "console/invite.html", context, status=422 if form.errors else 200)


@editing
@page(Access.MEMBER)
def invite_patient(request: ConsoleRequest) -> HttpResponse:
    form = InvitePatientForm(typed(request), clinic=request.membership.clinic)
    if request.method == "POST":
        issued = form.submit(invitations.invite_patient, request.context)
        if issued:
            return _show_once(request, issued)
    context = {"form": form, "title": "Invite a patient"}
    return render(request, "console/invite.html", context, status=422 if form.errors else 200)


@require_safe
@page(Access.MEMBER)
def invitations_sent(request: ConsoleRequest) -> HttpResponse:
    sent = _visible(request).select_related("patient", "created_by")
    audit.record(request.context, "invitations.read", request.membership)
    return render(request, "console/invitations.html", {"sent": sent[:200]})


@require_POST
@page(Access.MEMBER)
def resend(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(_visible(request), id=invitation_id)
    try:
        issued = invitations.resend(request.context, invitation=invitation)
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:invitations")
    return _show_once(request, issued)


@require_POST
@page(Access.MEMBER)
def revoke(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(_visible(request), id=invitation_id)
    try:
        invitations.revoke(request.context, invitation=invitation)
        messages.success(request, "Invitation revoked. Its link no longer works.")
    except ServiceError as refusal:
        messages.error(request, refusal.detail)
    return redirect("console:invitations")


def _visible(request: ConsoleRequest):  # type: ignore[no-untyped-def]
    """Everyone who works here may invite patients; only who runs the clinic, colleagues."""
    sent = Invitation.objects.filter(clinic_id=request.membership.clinic_id)
    if not request.membership.is_administrator:
        sent = sent.filter(kind=Invitation.Kind.PATIENT)
    return sent


def _show_once(request: ConsoleRequest, issued: Issued) -> HttpResponse:
    """Show the link in this response; it is stored nowhere and cannot be shown again."""
    link = request.build_absolute_uri(issued.path)
    context = {"invitation": issued.invitation, "link": link, "code": issued.token}
    return render(request, "console/invited.html", context)
