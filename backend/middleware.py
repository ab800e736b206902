from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

import clock
from tracker.models.audit import REQUEST_ID_LENGTH

log = logging.getLogger("lumbar.request")

SAFE_REQUEST_ID = re.compile(rf"[A-Za-z0-9._-]{{8,{REQUEST_ID_LENGTH}}}")


class RequestMiddleware:
    """Give each request an id and a time, and log one line about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        request.id = request_id(request)  # type: ignore[attr-defined]
        # Read on first use, then the same for all that this request does.
        request.at = SimpleLazyObject(clock.now)  # type: ignore[attr-defined]

        response = self.get_response(request)

        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        if not response.has_header("Cache-Control") and not request.path.startswith("/static/"):
            response["Cache-Control"] = "no-store"
        log.info("request", extra=line(request, response, perf_counter() - started))
        return response


def request_id(request: HttpRequest) -> str:
    """Return the caller's request id if it is well-formed, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if SAFE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def line(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, object]:
    """Return the log fields: the route, not the path, which contains ids, dates and searches."""
    match = request.resolver_match
    return {
        "request_id": request.id,  # type: ignore[attr-defined]
        "method": request.method,
        "route": match.route if match else "",
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 1),
    }
