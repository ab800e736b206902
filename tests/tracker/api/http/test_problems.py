from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tracker.api.http import problems
from tracker.api.http.middleware import ProblemMiddleware
from tracker.services.errors import ServiceError
from tracker.services.people import enrolment, invitations

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text()


def test_every_code_is_in_the_documents():
    sources = Path(problems.__file__).parents[1].rglob("*.py")
    raised = {
        code
        for source in sources
        for code in re.findall(r'Problem\(\s*\d{3}, "(\w+)"', source.read_text())
    }
    services = {
        each.code
        for each in ServiceError.__subclasses__()
        if each.__module__ in {enrolment.__name__, invitations.__name__}
    }

    assert {code for code, _ in problems.DETAILS.values()} | raised | services <= set(
        re.findall(r"`(\w+)`", PAGE)
    )


@pytest.mark.parametrize(("status", "seconds"), [(429, 30), (503, 5)])
def test_a_temporary_refusal_has_a_retry_after_header(status, seconds):
    response = problems.of_status(status).response()

    assert response.headers["Retry-After"] == str(seconds)
    assert f"Try again in {seconds} seconds." in response.content.decode()


def test_a_services_refusal_has_a_retry_after_header():
    class TooMany(ServiceError):
        """Too many codes were sent."""

        status = 429

    response = problems.problem_of(TooMany()).response()

    assert int(response.headers["Retry-After"]) > 0


def test_the_wait_that_django_announces_is_kept():
    bare = HttpResponse(status=429, headers={"Retry-After": "7"})

    response = ProblemMiddleware(lambda _: bare)(RequestFactory().get("/api/v1/now"))

    assert response.headers["Retry-After"] == "7"
    assert "Try again in 7 seconds." in response.content.decode()
