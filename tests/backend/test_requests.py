from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

import clock
from backend.logs import JsonFormatter
from backend.middleware import RequestMiddleware
from tests.api_client import ApiClient
from tests.fixtures import MONDAY_EVENING, TwoClinics
from tracker.models import AuditEvent


def send(view=lambda request: HttpResponse(), path="/some/path", **headers):
    request = RequestFactory().get(path, headers=headers)
    return RequestMiddleware(view)(request)


@pytest.mark.django_db
def test_a_request_has_one_time_however_often_it_is_read():
    clock.travel_to(datetime(2026, 3, 8, 9, tzinfo=UTC))
    seen = []

    def view(request):
        seen.append(request.at + timedelta())
        clock.shift(timedelta(days=1))
        seen.append(request.at + timedelta())
        return HttpResponse()

    send(view)

    assert seen[0] == seen[1]
    assert seen[0].date().isoformat() == "2026-03-08"


def test_a_request_that_needs_no_time_reads_no_clock():
    assert send().status_code == 200  # the test has no database: a query would fail it


def test_a_response_has_the_callers_request_id():
    assert send(**{"X-Request-ID": "abc-123-def"})["X-Request-ID"] == "abc-123-def"


@pytest.mark.parametrize("given", ["", "short", "two words", "a" * 65, "pain=7&name=x"])
def test_a_harmful_request_id_is_replaced(given):
    found = send(**{"X-Request-ID": given})["X-Request-ID"]

    assert found != given
    assert len(found) == 32


def test_a_response_is_not_cached_by_default():
    public = HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    assert send()["Cache-Control"] == "no-store"
    assert send(lambda _: public)["Cache-Control"] == "public, max-age=60"


def test_pages_allow_no_foreign_script_or_frame(client):
    response = client.get("/livez")

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def line_of(**extra) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "lumbar", "msg": "request", "levelname": "INFO"})
    for name, value in extra.items():
        setattr(record, name, value)
    return json.loads(JsonFormatter().format(record))


def test_a_log_line_has_the_route_and_not_the_address(client, caplog):
    with caplog.at_level(logging.INFO, logger="lumbar.request"):
        client.get("/livez?pain=canary-7")

    [record] = [r for r in caplog.records if r.name == "lumbar.request"]
    line = JsonFormatter().format(record)
    assert json.loads(line)["route"] == "livez"
    assert "canary" not in line


def test_a_log_line_leaves_out_what_is_not_allowed():
    assert "canary" not in json.dumps(line_of(body="canary", status=200))
    assert line_of(status=200)["status"] == 200


def test_an_error_is_logged_by_kind_and_place_without_its_values():
    try:
        int("canary")
    except ValueError as error:
        line = line_of(exc_info=(type(error), error, error.__traceback__))

    assert line["error"] == "builtins.ValueError"
    assert "test_requests.py" in line["trace"][-1]
    assert "canary" not in json.dumps(line)


@pytest.mark.django_db
def test_each_request_writes_its_own_id_into_the_audit_trail():
    """In one thread, as in production: first a page, then what has no id of its own."""
    clinics = TwoClinics()
    clock.travel_to(MONDAY_EVENING)
    desk, phone = Client(), ApiClient.signed_in(clinics.alice)
    desk.force_login(clinics.nora.user)
    longest = "x" * 64

    desk.get(f"/console/patients/{clinics.alice.id}/", headers={"X-Request-ID": longest})
    phone.get("now")
    phone.get("now", headers={"X-Request-ID": "abc-123-def"})

    of_page, of_phone, of_named = AuditEvent.objects.values_list("request_id", flat=True)
    assert of_page == longest
    assert len(of_phone) == 32
    assert of_named == "abc-123-def"
