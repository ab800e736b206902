"""The door of every endpoint: who is it, what time is it, what did they send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

import clock
from tracker.api.contract import Contract
from tracker.api.decoding import decode
from tracker.api.problems import FieldError, Problem
from tracker.api.schema import OpenAPI
from tracker.api.strict_json import SINGLE_LIMIT, read_body
from tracker.models import Patient, SessionToken, User
from tracker.services.context import Context
from tracker.services.people import sessions

T = TypeVar("T")

SCHEME = "Bearer "


def presented_token(request: HttpRequest | Request) -> str | None:
    """The token in `Authorization: Bearer ...`."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix(SCHEME).strip() or None if header.startswith(SCHEME) else None


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, SessionToken] | None:
        token = presented_token(request)
        if token is None:
            return None
        session = sessions.find(token=token, at=request.parser_context["view"].at)
        if session is None or session.user is None:
            raise AuthenticationFailed
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return SCHEME.strip()


class IsPatient(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        patient: Patient | None = getattr(request.user, "patient", None)
        return patient is not None and patient.is_active


class View(APIView):
    """Answers JSON, reads strict JSON, knows the time, describes itself."""

    authentication_classes: Any = []
    permission_classes: Any = []
    metadata_class = None
    schema = OpenAPI()
    body_limit = SINGLE_LIMIT

    contract: dict[str, Contract] = {}

    at: datetime

    def contracts(self) -> dict[str, Contract]:
        """What each method takes and gives."""
        return self.contract

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.at = clock.now()  # read once: whoever needs the time takes it from here
        super().initial(request, *args, **kwargs)

    @property
    def request_id(self) -> str:
        return self.request._request.id  # type: ignore[attr-defined, no-any-return]

    def body(self, form: type[T]) -> T:
        return decode(self.json(), form)

    def json(self) -> Any:
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
    authentication_classes: Any = [BearerAuthentication]
    permission_classes: Any = [IsPatient]

    @property
    def session(self) -> SessionToken:
        session = self.request.auth
        assert isinstance(session, SessionToken)  # BearerAuthentication has seen to it
        return session

    @property
    def context(self) -> Context[Patient]:
        return Context(self.patient, self.at, self.request_id)

    @property
    def patient(self) -> Patient:
        user = self.request.user
        assert isinstance(user, User)  # IsPatient has seen to it
        return user.patient


def answer(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")


def _bad_parameter(name: str, code: str) -> Problem:
    error = FieldError(path=name[:60], code=code, message="Not a valid query parameter.")
    return Problem(400, "invalid_query", "The query is not valid.", errors=[error])
