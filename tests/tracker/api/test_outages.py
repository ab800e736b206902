"""A real server on real connections, which are cut off or come all at once."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.db import connection

from backend.logs import JsonFormatter
from tests.api_client import PROBLEM, ApiClient, entry
from tests.fixtures import TwoClinics
from tracker.models import AuditEvent, DiaryEntry, Revision

MONDAY = "/api/v1/diary/2026-03-02"


@pytest.fixture
def bobs_phone(transactional_db, live_server) -> httpx.Client:
    clinics = TwoClinics()
    token = ApiClient.signed_in(clinics.bob).token
    with httpx.Client(
        base_url=live_server.url, headers={"Authorization": f"Bearer {token}"}, timeout=20
    ) as client:
        yield client


@pytest.fixture
def superuser(transactional_db) -> psycopg.Connection:
    """A connection beside Django's, to look at the others and to cut them off."""
    with psycopg.connect(
        **{
            key: value
            for key, value in connection.get_connection_params().items()
            if key in {"dbname", "user", "password", "host", "port"}
        },
        autocommit=True,
    ) as found:
        yield found


def cut_off(superuser: psycopg.Connection, condition: str = "true") -> int:
    """As a restart of PostgreSQL does to all that are connected; returns how many."""
    cut = superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        f" AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND {condition}"
    ).fetchall()
    return len(cut)


def sent_until_taken(phone: httpx.Client, sent: dict, tries: int = 5) -> httpx.Response:
    """Repeat the request while the response is 503; fail on any other error."""
    for _ in range(tries):
        answer = phone.put(MONDAY, json=sent)
        if answer.status_code != 503:
            return answer
        assert answer.json()["code"] == "unavailable"
        time.sleep(0.5)
    return answer


def test_a_database_restart_between_requests_loses_nothing(bobs_phone, superuser):
    assert bobs_phone.get("/api/v1/now").status_code == 200

    assert cut_off(superuser) > 0
    connection.close()

    assert sent_until_taken(bobs_phone, entry()).status_code in {200, 201}
    assert DiaryEntry.objects.count() == Revision.objects.count() == 1


def test_a_database_lost_during_a_request_stores_nothing_and_returns_503(
    bobs_phone, superuser, caplog
):
    sent = entry()
    answers: list[httpx.Response] = []
    request = threading.Thread(target=lambda: answers.append(bobs_phone.put(MONDAY, json=sent)))
    with superuser.transaction():
        superuser.execute("SELECT 1 FROM tracker_patient FOR UPDATE")
        request.start()
        waits = "wait_event_type = 'Lock'"
        deadline = time.monotonic() + 10
        while cut_off(superuser, waits) == 0:
            assert time.monotonic() < deadline, "the request never came to the patient's row"
            time.sleep(0.02)
        request.join()

    (answer,) = answers
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert not Revision.objects.exists()
    assert not AuditEvent.objects.exists()
    (told,) = (each for each in caplog.records if each.msg == "database_unavailable")
    assert json.loads(JsonFormatter().format(told))["cause"] == "psycopg.errors.AdminShutdown"
    assert sent_until_taken(bobs_phone, sent).status_code == 201


def test_ten_copies_at_once_are_one_entry(bobs_phone):
    sent = entry()

    with ThreadPoolExecutor(10) as phones:
        answers = list(phones.map(lambda _: bobs_phone.put(MONDAY, json=sent), range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert DiaryEntry.objects.count() == Revision.objects.count() == 1


def test_ten_entries_at_once_for_one_day_are_one_entry_and_nine_conflicts(bobs_phone):
    with ThreadPoolExecutor(10) as phones:
        answers = list(phones.map(lambda _: bobs_phone.put(MONDAY, json=entry()), range(10)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert DiaryEntry.objects.count() == 1
    assert Revision.objects.filter(number=None).count() == 9
