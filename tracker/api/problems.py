"""Errors as RFC 9457 has them: application/problem+json with a code that never changes.

No answer repeats a value that was sent: it may be health data, and answers end up in logs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions

from tracker.services.errors import ServiceError

log = logging.getLogger("lumbar.api")

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with the body."""

    #: where, as in `items[3].pain_average`
    path: str
    code: str
    message: str


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was refused."""

    type: str
    title: str
    status: int
    #: stable, listed in docs/api.md
    code: str
    detail: str = ""
    errors: Sequence[FieldError] = ()
    #: with a conflict: the version that the server has
    current: Any = None


class Problem(Exception):
    """A refusal, raised anywhere below a view."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        current: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.current, self.headers = errors, current, headers or {}

    def body(self) -> ProblemBody:
        return ProblemBody(
            type=f"urn:lumbar:problem:{self.code}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            code=self.code,
            detail=self.detail,
            errors=self.errors,
            current=self.current,
        )

    def response(self) -> HttpResponse:
        answer = HttpResponse(
            msgspec.json.encode(self.body()), status=self.status, content_type=CONTENT_TYPE
        )
        for name, value in self.headers.items():
            answer[name] = value
        return answer


def invalid(errors: Sequence[FieldError]) -> Problem:
    return Problem(400, "invalid", "The body does not have the form it must have.", errors=errors)


def unavailable() -> Problem:
    return Problem(
        503,
        "unavailable",
        "Nothing was stored. Try again soon.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's door for exceptions of a view."""
    return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, ServiceError):
        return Problem(error.status, error.code, error.detail)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        # A lock held for too long or no connection: the phone waits, the operator asks why.
        log.warning("database_unavailable", exc_info=error)
        return unavailable()
    for types, problem in OF_TYPE:
        if isinstance(error, types):
            return problem()
    log.error("unexpected error", exc_info=error)
    return of_status(500)


def _of_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    problem = of_status(error.status_code)
    problem.headers = headers
    return problem


OF_STATUS = {
    400: ("bad_request", "The request is not one that this server understands."),
    401: ("not_authenticated", "Sign in first."),
    403: ("forbidden", "This is not for you."),
    404: ("not_found", "There is no such thing, or it is not yours to see."),
    405: ("method_not_allowed", "This address does not know this method."),
    406: ("not_acceptable", "Answers are application/json."),
    409: ("conflict", "This does not fit what has happened already."),
    410: ("not_authenticated", "This session has ended. Sign in again."),
    413: ("too_large", "The body is too large."),
    415: ("unsupported_media_type", "Send application/json, in UTF-8."),
    429: ("rate_limited", "Too many tries. Wait a little."),
    500: ("internal_error", "Something went wrong here. It has been noted."),
    503: ("unavailable", "Nothing was stored. Try again soon."),
}


def of_status(status: int) -> Problem:
    code, detail = OF_STATUS.get(status) or OF_STATUS[400 if status < 500 else 500]
    return Problem(status, code, detail)


OF_TYPE: tuple[tuple[tuple[type[Exception], ...], Callable[[], Problem]], ...] = (
    ((RequestDataTooBig,), lambda: of_status(413)),
    ((UnreadablePostError,), lambda: Problem(400, "json_invalid", "The body was cut off.")),
    ((Http404,), lambda: of_status(404)),
    ((PermissionDenied,), lambda: of_status(403)),
)
