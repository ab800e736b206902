"""The one-use link of someone who will work at the clinic."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tracker.console.access import MEMBERSHIP_KEY, Access, ConsoleRequest, page, typed
from tracker.console.forms.people import AcceptInvitationForm
from tracker.models import Invitation, User
from tracker.services.context import SYSTEM, Context, System
from tracker.services.errors import ServiceError
from tracker.services.people import invitations, staff


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.PUBLIC)
def accept(request: ConsoleRequest, token: str) -> HttpResponse:
    """Show what the link is for; only a POST uses it, so a mail scanner's visit does not."""
    try:
        invitation = invitations.find_valid(
            token=token, kind=Invitation.Kind.CLINICIAN, at=request.at
        )
        if User.objects.filter(email=invitation.email).exists():
            return _with_account(request, invitation, token)
    except ServiceError as refusal:
        return render(
            request,
            "console/invitation_not_valid.html",
            {"refusal": refusal},
            status=refusal.status,
        )
    return _with_new_account(request, invitation, token)


def _with_new_account(request: ConsoleRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = AcceptInvitationForm(
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
    return render(
        request, "console/accept_invitation.html", context, status=422 if form.errors else 200
    )


def _nobody_yet(request: ConsoleRequest) -> Context[System]:
    """Act as the system: there is no member before the invitation is accepted."""
    return Context(SYSTEM, request.at, request.id)


def _with_account(request: ConsoleRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Accept with an existing account: its owner signs in first."""
    if request.method == "POST" and isinstance(request.user, User):
        membership = staff.join_as(_nobody_yet(request), token=token, user=request.user)
        request.session[MEMBERSHIP_KEY] = str(membership.id)
        messages.success(request, f"You now work at {membership.clinic}.")
        return redirect("console:worklist")
    is_theirs = getattr(request.user, "email", "") == invitation.email
    context = {"invitation": invitation, "is_theirs": is_theirs}
    return render(request, "console/accept_invitation_with_account.html", context)


@require_safe
@page(Access.PUBLIC)
def patient_invitation(request: ConsoleRequest) -> HttpResponse:
    """Explain how a patient enrols. The code is in the URL's fragment, which is not sent here."""
    return render(request, "console/patient_invitation.html")
