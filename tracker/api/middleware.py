"""Below /api/ every error is problem+json, also what Django itself refuses."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tracker.api.problems import CONTENT_TYPE, of_status, problem_of


class ProblemMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/"):
            return response
        if response.status_code >= 400 and response.headers.get("Content-Type") != CONTENT_TYPE:
            bare, response = response, of_status(response.status_code).response()
            for header in ("Allow", "Retry-After", "WWW-Authenticate"):
                if header in bare:
                    response[header] = bare[header]
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problem_of(error).response() if request.path.startswith("/api/") else None
