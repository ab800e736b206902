"""Errors as RFC 9457 defines them: application/problem+json with a code that never changes.

No response repeats a value that was sent: it may be health data, and responses end up in logs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
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

#: The default of Retry-After, by the status of a temporary refusal.
RETRY_AFTER_SECONDS = {429: 30, 503: 5}


class FieldError(msgspec.Struct, frozen=True):
    """One invalid field of the request."""

    #: As in `items[3].pain_average`.
    path: str
    code: str
    message: str


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error response."""

    type: str
    title: str
    status: int
    #: Stable; docs/api.md lists them.
    code: str
    detail: str = ""
    errors: Sequence[FieldError] = ()
    #: With a conflict: the version that the server has.
    current: Any = None


class Problem(Exception):
    """A request is refused; may be raised anywhere below a view."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        current: Any = None,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.current, self.headers = errors, current, dict(headers or {})
        if seconds := retry_after or RETRY_AFTER_SECONDS.get(status):
            self.headers["Retry-After"] = str(seconds)

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
        return HttpResponse(
            msgspec.json.encode(self.body()),
            status=self.status,
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def invalid(errors: Sequence[FieldError]) -> Problem:
    """The body has invalid fields."""
    return Problem(
        400, "invalid", "The body is not valid. See errors for the fields.", errors=errors
    )


DETAILS = {
    400: ("bad_request", "The request is not valid. Check its URL and body."),
    401: ("not_authenticated", "The session token is missing or has ended. Sign in."),
    403: ("forbidden", "This account may not do this."),
    404: ("not_found", "It does not exist, or it belongs to somebody else."),
    405: ("method_not_allowed", "This URL does not support this method."),
    406: ("not_acceptable", "Responses are application/json. Accept that type."),
    409: ("conflict", "This contradicts what is stored. Read it again, then retry."),
    413: ("too_large", "The body is too large."),
    415: ("unsupported_media_type", "Send application/json, in UTF-8."),
    429: ("rate_limited", "Too many requests. Try again in {seconds} seconds."),
    500: ("internal_error", "The server failed. The error has been logged."),
    503: ("unavailable", "Nothing was stored. Try again in {seconds} seconds."),
}


def of_status(
    status: int, *, retry_after: int | None = None, headers: dict[str, str] | None = None
) -> Problem:
    """The problem of a refusal of which only the status is known."""
    code, detail = DETAILS.get(status) or DETAILS[400 if status < 500 else 500]
    seconds = retry_after or RETRY_AFTER_SECONDS.get(status)
    return Problem(
        status, code, detail.format(seconds=seconds), retry_after=seconds, headers=headers
    )


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's EXCEPTION_HANDLER."""
    return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    """The problem that an exception becomes; logs what the operator must look into."""
    match error:
        case Problem():
            return error
        case ServiceError():
            return Problem(error.status, error.code, error.detail)
        case exceptions.APIException():
            return _framework_problem(error)
        case UnreadablePostError():
            return Problem(400, "json_invalid", "The body was cut off. Send it again.")
    found = (code for kind, code in STATUS_OF_EXCEPTION.items() if isinstance(error, kind))
    status = next(found, 500)
    if status == 503:
        log.warning("database_unavailable", exc_info=error)
    elif status == 500:
        log.error("unexpected error", exc_info=error)
    return of_status(status)


STATUS_OF_EXCEPTION: dict[type[Exception], int] = {
    RequestDataTooBig: 413,
    Http404: 404,
    PermissionDenied: 403,
    # A lock held for too long, or no connection.
    OperationalError: 503,
    InterfaceError: 503,
}


def _framework_problem(error: exceptions.APIException) -> Problem:
    auth_header = getattr(error, "auth_header", None)
    wait = getattr(error, "wait", None)
    return of_status(
        error.status_code,
        retry_after=int(wait) + 1 if wait else None,
        headers={"WWW-Authenticate": auth_header} if auth_header else None,
    )
