"""The one-use link of someone who will work at the clinic."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tracker.console.access import SEAT_KEY, Access, DeskRequest, page, typed
from tracker.console.forms.people import JoinForm
from tracker.models import Invitation, User
from tracker.services.context import SYSTEM, Context, System
from tracker.services.errors import ServiceError
from tracker.services.people import invitations, staff


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.PUBLIC)
def join(request: DeskRequest, token: str) -> HttpResponse:
    """Show what the link is for; only a POST uses it, so a mail scanner's visit does not."""
    try:
        invitation = invitations.find_valid(
            token=token, kind=Invitation.Kind.CLINICIAN, at=request.at
        )
        if User.objects.filter(email=invitation.email).exists():
            return _join_as(request, invitation, token)
    except ServiceError as refusal:
        return render(
            request, "console/join_invalid.html", {"refusal": refusal}, status=refusal.status
        )
    return _join_new(request, invitation, token)


def _join_new(request: DeskRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = JoinForm(
        typed(request),
        email=invitation.email,
        initial={"full_name": invitation.full_name},
    )
    if request.method == "POST" and form.submit(
        staff.join_with_new_account, _nobody_yet(request), token=token
    ):
        messages.success(request, "Your password is set. Sign in to begin.")
        return redirect("account_login")
    context = {"form": form, "invitation": invitation}
    return render(request, "console/join.html", context, status=422 if form.errors else 200)


def _nobody_yet(request: DeskRequest) -> Context[System]:
    """Who joins is known once they have."""
    return Context(SYSTEM, request.at, request.id)


def _join_as(request: DeskRequest, invitation: Invitation, token: str) -> HttpResponse:
    """The address has an account: its owner signs in first, then says yes."""
    if request.method == "POST" and isinstance(request.user, User):
        seat = staff.join_as(_nobody_yet(request), token=token, user=request.user)
        request.session[SEAT_KEY] = str(seat.id)
        messages.success(request, f"You now work at {seat.clinic}.")
        return redirect("console:worklist")
    is_theirs = getattr(request.user, "email", "") == invitation.email
    context = {"invitation": invitation, "is_theirs": is_theirs}
    return render(request, "console/join_as.html", context)


@require_safe
@page(Access.PUBLIC)
def patient_invitation(request: DeskRequest) -> HttpResponse:
    """How a patient enrols. The code stands behind the # and never comes here."""
    return render(request, "console/patient_invitation.html")
