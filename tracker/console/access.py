"""Who may open a page of the desk. Every view says it; the query then says of whom."""

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

#: Seconds without a click after which a desk left alone asks for the password again.
IDLE_SECONDS = 30 * 60

SEAT_KEY = "seat"
BEGAN_KEY = "began_at"

View = Callable[..., HttpResponse]


class Access(StrEnum):
    PUBLIC = "public"
    ACCOUNT = "account"  # anyone signed in
    SEAT = "seat"  # anyone who works at the clinic
    CLINICIAN = "clinician"  # who sees diaries
    ADMINISTRATOR = "administrator"


class DeskRequest(HttpRequest):
    """What a page's view is given: the seat that acts and the time it acts at."""

    seat: Clinician
    context: Context[Clinician]
    at: datetime
    id: str


def page(access: Access) -> Callable[[View], View]:
    """Open the view to these people, in one transaction, in the clinic's time zone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.at = clock.now()
            if access == Access.PUBLIC:
                return _open(view, request, *args, **kwargs)
            if not request.user.is_authenticated or _is_over(request):
                return redirect_to_login(request.get_full_path())
            request.session.set_expiry(IDLE_SECONDS)
            if access == Access.ACCOUNT:
                return _open(view, request, *args, **kwargs)
            seat = chosen_seat(request)
            if seat is None:
                return _without_seat(request)
            if not _suits(seat, access):
                raise Http404
            request.seat = seat
            request.context = Context(seat, request.at, request.id)
            with timezone.override(seat.clinic.zone):
                return _open(view, request, *args, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]
        return guarded

    return decorate


def _open(view: View, request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    with transaction.atomic():
        return view(request, *args, **kwargs)


def _suits(seat: Clinician, access: Access) -> bool:
    if access == Access.ADMINISTRATOR:
        return seat.is_administrator
    return access == Access.SEAT or seat.sees_diaries


def _is_over(request: HttpRequest) -> bool:
    """A shift is over after so many hours, however busy it was."""
    began_at = request.session.setdefault(BEGAN_KEY, time.time())
    if time.time() - began_at < settings.SESSION_COOKIE_AGE:
        return False
    logout(request)
    return True


def typed(request: HttpRequest) -> QueryDict | None:
    """What was posted, also when that is nothing: an empty form is to be refused."""
    return request.POST if request.method == "POST" else None


def seats_of(request: HttpRequest) -> list[Clinician]:
    seats = Clinician.objects.for_user(request.user).select_related("clinic")  # type: ignore[arg-type]
    return list(seats.order_by("clinic__name"))


def chosen_seat(request: HttpRequest) -> Clinician | None:
    """The seat chosen for this session; who holds only one need not choose."""
    seats = seats_of(request)
    request.seats = seats  # type: ignore[attr-defined]
    chosen = request.session.get(SEAT_KEY)
    for seat in seats:
        if str(seat.id) == chosen:
            return seat
    return seats[0] if len(seats) == 1 else None


def choose_seat(request: HttpRequest, seat_id: UUID) -> None:
    if seat_id not in {seat.id for seat in seats_of(request)}:
        raise Http404
    request.session[SEAT_KEY] = str(seat_id)


def _without_seat(request: HttpRequest) -> HttpResponse:
    if request.seats:  # type: ignore[attr-defined]
        return redirect("console:seats")
    return render(request, "console/no_seat.html", status=403)
