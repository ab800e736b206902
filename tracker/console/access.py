"""Access to the console's pages: each view declares who may open it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

import clock
from tracker.models import Clinician
from tracker.services.context import Context

#: Seconds without a click after which an idle console asks for the password again.
IDLE_SECONDS = 30 * 60

MEMBERSHIP_KEY = "membership"
BEGAN_KEY = "began_at"

View = Callable[..., HttpResponse]


class Access(StrEnum):
    PUBLIC = "public"
    ACCOUNT = "account"  # anyone signed in
    MEMBER = "member"  # anyone who works at the clinic
    CLINICIAN = "clinician"  # a member who sees diaries
    ADMINISTRATOR = "administrator"


class ConsoleRequest(HttpRequest):
    """The request that a view receives, with the acting clinician and the current time."""

    membership: Clinician
    context: Context[Clinician]
    at: datetime
    id: str


def page(access: Access) -> Callable[[View], View]:
    """Restrict a view to these people and run it in one transaction, in the clinic's time zone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.at = clock.now()
            if access == Access.PUBLIC:
                return _open(view, request, *args, **kwargs)
            if not request.user.is_authenticated or _session_has_ended(request):
                return redirect_to_login(request.get_full_path())
            request.session.set_expiry(IDLE_SECONDS)
            if access == Access.ACCOUNT:
                return _open(view, request, *args, **kwargs)
            membership = chosen_membership(request)
            if membership is None:
                return _without_membership(request)
            if not _may_open(membership, access):
                raise Http404
            request.membership = membership
            request.context = Context(membership, request.at, request.id)
            with timezone.override(membership.clinic.zone):
                return _open(view, request, *args, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]
        return guarded

    return decorate


def _open(view: View, request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    with transaction.atomic():
        return view(request, *args, **kwargs)


def _may_open(membership: Clinician, access: Access) -> bool:
    if access == Access.ADMINISTRATOR:
        return membership.is_administrator
    return access == Access.MEMBER or membership.sees_diaries


def _session_has_ended(request: HttpRequest) -> bool:
    """Sign the user out once the session has lasted SESSION_COOKIE_AGE, active or not."""
    began_at = request.session.setdefault(BEGAN_KEY, time.time())
    if time.time() - began_at < settings.SESSION_COOKIE_AGE:
        return False
    logout(request)
    return True


def typed(request: HttpRequest) -> QueryDict | None:
    """Return the posted data of a POST, even if it is empty, so that an empty form is validated."""
    return request.POST if request.method == "POST" else None


def memberships_of(request: HttpRequest) -> list[Clinician]:
    memberships = Clinician.objects.for_user(request.user).select_related("clinic")  # type: ignore[arg-type]
    return list(memberships.order_by("clinic__name"))


def chosen_membership(request: HttpRequest) -> Clinician | None:
    """Return the membership chosen for this session, or the only one."""
    memberships = memberships_of(request)
    request.memberships = memberships  # type: ignore[attr-defined]
    chosen = request.session.get(MEMBERSHIP_KEY)
    for membership in memberships:
        if str(membership.id) == chosen:
            return membership
    return memberships[0] if len(memberships) == 1 else None


def choose_membership(request: HttpRequest, membership_id: UUID) -> None:
    if membership_id not in {membership.id for membership in memberships_of(request)}:
        raise Http404
    request.session[MEMBERSHIP_KEY] = str(membership_id)


def _without_membership(request: HttpRequest) -> HttpResponse:
    if request.memberships:  # type: ignore[attr-defined]
        return redirect("console:memberships")
    return render(request, "console/no_membership.html", status=403)
