"""Signing in and out by phone: allauth's flows behind our tokens and our errors.

Only these doors are open: an account is made by invitation (enrolment), never by sign-up.
A forgotten password is set anew on the page that the mail links to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.account import views as allauth_views
from allauth.headless.constants import Client
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

import clock
from tracker.models.session_token import LIFETIME
from tracker.services import session_tokens

from .decoding import decode
from .door import presented_token
from .problems import FieldError, Problem, of_status, problem_of
from .shapes import LoginBody, PasswordChangeBody, PasswordRequestBody
from .strict_json import read_body


class TokenStrategy(AbstractTokenStrategy):  # type: ignore[misc]  # untyped
    """Opaque tokens, sent as `Authorization: Bearer`, kept as hashes."""

    def get_session_token(self, request: HttpRequest) -> str | None:
        return presented_token(request)

    def create_session_token(self, request: HttpRequest) -> str:
        """Called whenever the session has changed: what the phone holds stays valid."""
        at = clock.now()
        user = request.user if request.user.is_authenticated else None
        request.session.set_expiry(LIFETIME)
        if not request.session.session_key:
            request.session.save()
        key = request.session.session_key or ""
        token = presented_token(request)
        if token and session_tokens.carry_on(token=token, user=user, session_key=key, at=at):
            return token
        name = getattr(request, "device_name", "")
        return session_tokens.issue(user=user, session_key=key, device_name=name, at=at)

    def lookup_session(self, session_token: str) -> SessionBase | None:
        found = session_tokens.find(token=session_token, at=clock.now())
        if found is None:
            return None
        session = sessionkit.session_store(found.session_key)
        session.get(SESSION_KEY)  # loads; what is gone loses its key
        return session if session.session_key else None


def door(view: type[Any], **forms: Any) -> Callable[..., HttpResponse]:
    """allauth's view with our strictness before it and our errors after it."""
    inner = view.as_api_view(client=Client.APP)

    @csrf_exempt
    def handle(request: HttpRequest) -> HttpResponse:
        try:
            if request.method not in {*forms, "GET", "DELETE"}:
                raise of_status(405)
            if form := forms.get(request.method):
                sent = decode(read_body(request), form)
                request.device_name = getattr(sent, "device_name", None) or ""  # type: ignore[attr-defined]
            return as_problem(inner(request))
        except ImmediateHttpResponse as stop:
            return as_problem(stop.response)
        except Exception as error:  # noqa: BLE001 - whatever it is, the phone gets a problem
            return problem_of(error).response()

    handle.forms = forms  # type: ignore[attr-defined]  # what the schema shows
    handle.__doc__ = view.__doc__
    return handle


CODES = {
    "email_password_mismatch": Problem(
        401, "credentials_invalid", "The address or the password is not right."
    ),
    "too_many_login_attempts": of_status(429),
}


def as_problem(response: HttpResponse) -> HttpResponse:
    if response.status_code < 400:
        return response
    errors = _errors(response)
    for error in errors:
        if error.code in CODES:
            return CODES[error.code].response()
    problem = of_status(401 if response.status_code == 410 else response.status_code)
    if errors:
        problem = Problem(response.status_code, "invalid", "This was not accepted.", errors=errors)
    return problem.response()


def _errors(response: HttpResponse) -> list[FieldError]:
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return []
    return [
        FieldError(path=error.get("param", ""), code=error["code"], message=error["message"])
        for error in json.loads(response.content).get("errors", ())
    ]


class SessionView(allauth_views.SessionView):  # type: ignore[misc]  # untyped
    """GET: who is signed in. DELETE: sign out; the token is worth nothing from then on."""

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        super().delete(request, *args, **kwargs)
        session_tokens.revoke(token=presented_token(request) or "", at=clock.now())
        return HttpResponse(status=204)


login = door(allauth_views.LoginView, POST=LoginBody)
session = door(SessionView)
request_password = door(allauth_views.RequestPasswordResetView, POST=PasswordRequestBody)
change_password = door(allauth_views.ChangePasswordView, POST=PasswordChangeBody)
