"""Makes every error below /api/ problem+json, including those that Django itself returns."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tracker.api.http.problems import CONTENT_TYPE, of_status, problem_of


class ProblemMiddleware:
    """Replaces the body of an error response; its headers for clients stay."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/"):
            return response
        if response.status_code >= 400 and response.headers.get("Content-Type") != CONTENT_TYPE:
            wait = response.headers.get("Retry-After", "")
            kept = {
                name: response[name] for name in ("Allow", "WWW-Authenticate") if name in response
            }
            response = of_status(
                response.status_code,
                retry_after=int(wait) if wait.isdecimal() else None,
                headers=kept,
            ).response()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problem_of(error).response() if request.path.startswith("/api/") else None
