"""Base classes of the API's views: authentication, strict JSON, one Context per request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

import clock
from tracker.api.http.decoding import decode
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.openapi import OpenAPI
from tracker.api.http.problems import FieldError, Problem
from tracker.api.http.strict_json import SINGLE_LIMIT, read_body
from tracker.models import Patient, SessionToken, User
from tracker.services.context import SYSTEM, Actor, Context
from tracker.services.people import sessions

T = TypeVar("T")

SCHEME = "Bearer"


class BearerAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <token>`; a token that is not valid is refused."""

    def authenticate(self, request: Request) -> tuple[User, SessionToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != SCHEME or not token.strip():
            return None
        session = sessions.find(token=token.strip(), at=request.parser_context["view"].at)
        if session is None or session.user is None:
            raise AuthenticationFailed
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class IsPatient(BasePermission):
    """Allows active patients only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        patient: Patient | None = getattr(request.user, "patient", None)
        return patient is not None and patient.is_active


class View(APIView):
    """A view that anybody may call; subclasses say who else may."""

    authentication_classes: Any = []
    permission_classes: Any = []
    metadata_class = None
    schema = OpenAPI()
    #: Bytes of a request's body.
    body_limit = SINGLE_LIMIT

    spec: dict[str, EndpointSpec] = {}

    def specs(self) -> dict[str, EndpointSpec]:
        """What each method accepts and returns."""
        return self.spec

    @cached_property
    def at(self) -> datetime:
        """The time of this request: the only place where the API reads the clock."""
        return clock.now()

    @cached_property
    def context(self) -> Context[Actor]:
        """Who acts, when, and in which request."""
        return Context(SYSTEM, self.at, self.request._request.id)  # type: ignore[attr-defined]

    @property
    def session(self) -> SessionToken:
        """The phone's session, in a view that requires one."""
        session = self.request.auth
        assert isinstance(session, SessionToken)  # BearerAuthentication has set it
        return session

    def body(self, schema: type[T]) -> T:
        """The request's body as `schema`; raises a Problem."""
        return decode(self.json(), schema)

    def json(self) -> Any:
        """The request's body as parsed JSON; raises a Problem."""
        return read_body(self.request._request, self.body_limit)

    def query(self, **parsers: Callable[[str], Any]) -> dict[str, Any]:
        """The query's parameters, each by its parser; no others, and none twice."""
        given = self.request.query_params
        for name in given:
            if name not in parsers or len(given.getlist(name)) > 1:
                raise _bad_parameter(name, "unknown_parameter" if name not in parsers else "twice")
        found = {}
        for name, parse in parsers.items():
            if name in given:
                try:
                    found[name] = parse(given[name])
                except ValueError:
                    raise _bad_parameter(name, "invalid") from None
        return found


class PatientView(View):
    """A view for signed-in, active patients."""

    authentication_classes: Any = [BearerAuthentication]
    permission_classes: Any = [IsPatient]

    @cached_property
    def context(self) -> Context[Patient]:
        return Context(self.patient, self.at, self.request._request.id)  # type: ignore[attr-defined]

    @property
    def patient(self) -> Patient:
        user = self.request.user
        assert isinstance(user, User)  # IsPatient has checked it
        return user.patient


def json_response(value: Any, status: int = 200) -> HttpResponse:
    """Encode a schema's value, or any other value that msgspec can encode."""
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")


def _bad_parameter(name: str, code: str) -> Problem:
    error = FieldError(path=name[:60], code=code, message="Not a valid query parameter.")
    return Problem(400, "invalid_query", "The query is not valid.", errors=[error])
