"""Sign-in, sign-out and passwords: allauth's headless flows with our tokens, schemas and errors.

There is no sign-up: an account is created by invitation (enrolment). A forgotten password is
replaced on the page that the mail links to.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.account import views as allauth_views
from allauth.headless.constants import Client
from django.http import HttpResponse
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from tracker.api.accounts.schemas import (
    LoginRequest,
    LoginResponse,
    PasswordChangeRequest,
    PasswordResetRequest,
    SessionResponse,
)
from tracker.api.http.base_views import BearerAuthentication, View, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.problems import FieldError, Problem, of_status
from tracker.services.people import sessions

#: allauth's limit of failed sign-ins of one account, 5 in 5 minutes; it does not say how long
#: is left.
LOGIN_RETRY_AFTER_SECONDS = 300


class FlowView(View):
    """Runs one of allauth's views. A token is optional, but one that is sent must be valid."""

    authentication_classes: Any = [BearerAuthentication]
    flow: Any

    def run_flow(self, request: Request) -> dict[str, Any]:
        """Return allauth's response; raise its refusal as a Problem."""
        try:
            response = self.flow.as_api_view(client=Client.APP)(request._request)
        except ImmediateHttpResponse as stop:
            response = stop.response
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        content: dict[str, Any] = json.loads(response.content) if is_json else {}
        if response.status_code >= 400:
            raise flow_problem(response.status_code, content.get("errors", ()))
        return content


def flow_problem(status: int, errors: list[dict[str, str]]) -> Problem:
    """The problem that an error response of allauth becomes."""
    codes = {error["code"] for error in errors}
    if "email_password_mismatch" in codes:
        return Problem(401, "credentials_invalid", "The email address or the password is wrong.")
    if "too_many_login_attempts" in codes:
        return Problem(
            429,
            "rate_limited",
            "Too many failed sign-ins. Try again in 5 minutes.",
            retry_after=LOGIN_RETRY_AFTER_SECONDS,
        )
    if status == 400 and errors:
        fields = [
            FieldError(each.get("param", ""), each["code"], each["message"]) for each in errors
        ]
        return Problem(400, "invalid", "The body is not valid. See errors.", errors=fields)
    return of_status(401 if status == 410 else status)


class LoginView(FlowView):
    """Sign in with an email address and a password. The token is returned only once."""

    flow = allauth_views.LoginView
    spec = {"POST": EndpointSpec(LoginResponse, request=LoginRequest)}

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(LoginRequest)
        content = self.run_flow(request)
        token = sessions.issue(
            user_id=content["data"]["user"]["id"],
            session_key=content["meta"]["session_token"],
            device_name=sent.device_name or "",
            at=self.at,
        )
        return json_response(LoginResponse(token=token))


class SessionView(View):
    """The account that this token is signed in to."""

    authentication_classes: Any = [BearerAuthentication]
    permission_classes: Any = [IsAuthenticated]
    spec = {"GET": EndpointSpec(SessionResponse), "DELETE": EndpointSpec(None, status=204)}

    def get(self, request: Request) -> HttpResponse:
        user = self.session.user
        return json_response(SessionResponse(email=user.email if user else ""))

    def delete(self, request: Request) -> HttpResponse:
        """Sign out. The token is no longer valid, and its device gets no more notifications."""
        sessions.revoke(session=self.session, at=self.at)
        return HttpResponse(status=204)


class PasswordRequestView(FlowView):
    """Mail a link for a new password. The response is the same if there is no such account."""

    flow = allauth_views.RequestPasswordResetView
    spec = {"POST": EndpointSpec(None, status=204, request=PasswordResetRequest)}

    def post(self, request: Request) -> HttpResponse:
        self.body(PasswordResetRequest)
        self.run_flow(request)
        return HttpResponse(status=204)


class PasswordChangeView(FlowView):
    """Change the password. This phone stays signed in, all others are signed out."""

    permission_classes: Any = [IsAuthenticated]
    flow = allauth_views.ChangePasswordView
    spec = {"POST": EndpointSpec(None, status=204, request=PasswordChangeRequest)}

    def post(self, request: Request) -> HttpResponse:
        self.body(PasswordChangeRequest)
        content = self.run_flow(request)
        sessions.renew(session=self.session, session_key=content["meta"]["session_token"])
        return HttpResponse(status=204)
