"""Signing in and out by phone: allauth's flows behind our tokens, our forms and our errors.

Only these doors are open: an account is made by invitation (enrolment), never by sign-up.
A forgotten password is set anew on the page that the mail links to.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.account import views as allauth_views
from allauth.headless.constants import Client
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

import clock
from tracker.api.contract import Contract
from tracker.api.door import View, answer, presented_token
from tracker.api.problems import FieldError, Problem, of_status
from tracker.api.shapes import (
    LoginBody,
    PasswordChangeBody,
    PasswordRequestBody,
    SessionShown,
    SignedIn,
)
from tracker.models.session_token import LIFETIME
from tracker.services.people import sessions


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
        if token and sessions.carry_on(token=token, user=user, session_key=key, at=at):
            return token
        name = getattr(request, "device_name", "")
        return sessions.issue(user=user, session_key=key, device_name=name, at=at)

    def lookup_session(self, session_token: str) -> SessionBase | None:
        found = sessions.find(token=session_token, at=clock.now())
        if found is None:
            return None
        session = sessionkit.session_store(found.session_key)
        session.get(SESSION_KEY)  # loads; what is gone loses its key
        return session if session.session_key else None


#: allauth's code of an error that has a meaning of its own here
CODES = {
    "email_password_mismatch": (401, "credentials_invalid"),
    "too_many_login_attempts": (429, "rate_limited"),
}


class Flow(View):
    """A view of allauth; what it refuses is a Problem, what it answers is returned."""

    inner: Any

    def flow(self, request: Request, device_name: str | None = None) -> dict[str, Any]:
        plain = request._request
        plain.device_name = device_name or ""  # type: ignore[attr-defined]
        try:
            response = self.inner.as_api_view(client=Client.APP)(plain)
        except ImmediateHttpResponse as stop:
            response = stop.response
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        said: dict[str, Any] = json.loads(response.content) if is_json else {}
        if response.status_code >= 400:
            raise refusal(response.status_code, said.get("errors", ()))
        return said


def refusal(status: int, errors: list[dict[str, str]]) -> Problem:
    for error in errors:
        if error["code"] in CODES:
            return Problem(*CODES[error["code"]], "Not accepted. Check what you entered, or wait.")
    if status == 400 and errors:
        named = [
            FieldError(each.get("param", ""), each["code"], each["message"]) for each in errors
        ]
        return Problem(400, "invalid", "This was not accepted.", errors=named)
    return of_status(401 if status == 410 else status)


class LoginView(Flow):
    """Sign in with an address and a password; the token is shown once."""

    inner = allauth_views.LoginView
    contract = {"POST": Contract(SignedIn, body=LoginBody)}

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(LoginBody)
        said = self.flow(request, sent.device_name)
        return answer(SignedIn(token=said["meta"]["session_token"]))


class SessionView(Flow):
    """Who is signed in with this token."""

    inner = allauth_views.SessionView
    contract = {"GET": Contract(SessionShown), "DELETE": Contract(None, status=204)}

    def get(self, request: Request) -> HttpResponse:
        said = self.flow(request)
        return answer(SessionShown(email=said["data"]["user"].get("email", "")))

    def delete(self, request: Request) -> HttpResponse:
        """Sign out: the token is worth nothing from then on."""
        token = presented_token(request)
        if token is None or sessions.find(token=token, at=self.at) is None:
            raise of_status(401)
        try:
            self.flow(request)
        except Problem as problem:
            if problem.status != 401:  # allauth's way to say: nobody is signed in any more
                raise
        sessions.revoke(token=token, at=self.at)
        return HttpResponse(status=204)


class PasswordRequestView(Flow):
    """Send a link for a new password, if there is such an account. The answer does not say."""

    inner = allauth_views.RequestPasswordResetView
    contract = {"POST": Contract(None, status=204, body=PasswordRequestBody)}

    def post(self, request: Request) -> HttpResponse:
        self.body(PasswordRequestBody)
        self.flow(request)
        return HttpResponse(status=204)


class PasswordChangeView(Flow):
    """Change the password. This phone stays signed in, all others are signed out."""

    inner = allauth_views.ChangePasswordView
    contract = {"POST": Contract(None, status=204, body=PasswordChangeBody)}

    def post(self, request: Request) -> HttpResponse:
        self.body(PasswordChangeBody)
        self.flow(request)
        return HttpResponse(status=204)
