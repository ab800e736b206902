from __future__ import annotations

import re
from datetime import time
from uuid import uuid4

import pytest

from notifications import outbox
from tests.api_client import ApiClient, code_of, entry
from tests.fixtures import MONDAY_EVENING
from tests.tracker.api.endpoints import endpoints
from tracker.models import Advice, AuditEvent, Message
from tracker.services.reminders import reminder_slots

CANARY = "CANARY-5519"

OPEN = {
    ("auth/login", "POST"),
    ("auth/session", "GET"),
    ("auth/session", "DELETE"),
    ("auth/password/request", "POST"),
    ("auth/password/change", "POST"),
    ("consent-text", "POST"),
    ("enrolment", "POST"),
}
SNOOZE = "reminders/{slot_id}/snooze"
#: they do nothing without a body
WITH_BODY = {("sync", "POST"), ("devices", "POST"), (SNOOZE, "POST")}
#: they read nobody's data
IMPERSONAL = {("scales", "GET"), ("medicines", "GET")}
ALL = [(path, method) for path, method, _ in endpoints()]
PRIVATE = [each for each in ALL if each not in OPEN]
NAMED = [(path, method) for path, method in PRIVATE if "{" in path]


@pytest.fixture
def alices_ids(clinics, alice) -> dict[str, str]:
    """Ids of Alice's rows, by the names of the URLs' parameters."""
    ids = {"day": "2026-03-02"}
    alice.put("diary/2026-03-02", entry(note=CANARY))
    advice = Advice.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        episode=clinics.episode,
        code=CANARY,
        urgency="today",
        given_at=MONDAY_EVENING,
        text=CANARY,
    )
    message = Message.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        by=clinics.nora,
        sent_at=MONDAY_EVENING,
        text=CANARY,
    )
    record = uuid4()
    for resource, sent in RECORDS.items():
        answer = alice.put(f"{resource}/{record}", sent)
        assert answer.status_code in {201, 409}, answer.content
    reminder_slots.set_diary_time(patient=clinics.alice, wall_time=time(20), at=MONDAY_EVENING)
    device = outbox.add_contact_point(
        recipient_id=clinics.alice.recipient_id, channel="apns", address="0" * 64, at=MONDAY_EVENING
    )
    return {
        **ids,
        "advice_id": str(advice.id),
        "message_id": str(message.id),
        "uuid": str(record),
        "device_id": str(device.pk),
        "slot_id": str(clinics.alice.reminder_slots.get().pk),
    }


RECORDS = {
    "compress-uses": {"at": "2026-03-02T09:00:00-05:00", "type": "hot", "minutes": 15},
}


def address(path: str, names: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda match: names[match[1]], path)


def request(phone: ApiClient, path: str, method: str, names: dict[str, str]):
    where = address(path, names)
    if method == "DELETE":
        where += f"?base_revision=1{f'&id={uuid4()}' if 'day' in path else ''}"
    body = {"minutes": 30} if path == SNOOZE else {}
    return phone.request(method, where, body if method in {"PUT", "POST", "PATCH"} else None)


@pytest.mark.parametrize(("path", "method"), PRIVATE)
def test_without_a_session_nothing_is_read_or_written(db, path, method):
    ids = ("uuid", "advice_id", "message_id", "device_id", "slot_id")
    names = {"day": "2026-03-02"} | dict.fromkeys(ids, str(uuid4()))

    answer = request(ApiClient(), path, method, names)

    assert answer.status_code == 401
    assert code_of(answer) == "not_authenticated"


def test_clinicians_are_forbidden(clinics, alices_ids):
    for clinician in (clinics.nora, clinics.phil, clinics.ada, clinics.mallory):
        phone = ApiClient.signed_in(clinician)
        for path, method in PRIVATE:
            answer = request(phone, path, method, alices_ids)
            assert answer.status_code == 403, (path, method)
            assert code_of(answer) == "forbidden"
            assert CANARY.encode() not in answer.content


def test_another_patients_rows_are_not_found(clinics, alices_ids):
    for other in (clinics.bob, clinics.carol):
        phone = ApiClient.signed_in(other)
        for path, method in NAMED:
            if method == "PUT":
                continue  # makes a record of their own: the id is the phone's to choose
            answer = request(phone, path, method, alices_ids)
            assert answer.status_code == 404, (path, method, answer.content)
            assert code_of(answer) == "not_found"


def test_no_list_shows_another_patients_rows(clinics, alices_ids):
    for other in (clinics.bob, clinics.carol):
        phone = ApiClient.signed_in(other)
        for path, method in PRIVATE:
            if method == "GET" and "{" not in path:
                answer = phone.get(path)
                assert answer.status_code == 200, (path, answer.content)
                assert CANARY.encode() not in answer.content
                assert str(clinics.alice.id).encode() not in answer.content


def test_another_patients_message_is_not_accepted_as_a_page(clinics, alices_ids):
    answer = ApiClient.signed_in(clinics.bob).get(f"messages?before={alices_ids['message_id']}")

    assert code_of(answer) == "not_found"


def test_each_request_leaves_one_audit_row_of_the_patient(clinics, alices_ids, alice):
    for path, method in PRIVATE:
        if (path, method) in IMPERSONAL | WITH_BODY or method not in {"GET", "POST"}:
            continue
        before = AuditEvent.objects.count()
        answer = alice.request(method, address(path, alices_ids))
        if answer.status_code == 404:
            continue
        assert answer.status_code == 200, (path, answer.content)
        assert AuditEvent.objects.count() == before + 1, (path, method)
        line = AuditEvent.objects.last()
        assert (line.actor_id, line.patient_id) == (clinics.alice.id, clinics.alice.id)
        assert CANARY not in str(vars(line))


@pytest.mark.parametrize("path", ["", "nothing", "diary/", "me/", "../console", "diary/2026-3-2"])
def test_an_unknown_url_is_a_problem_too(db, path):
    assert code_of(ApiClient().get(path)) == "not_found"


def test_an_inactive_patient_is_kept_out(clinics, alice):
    clinics.alice.is_active = False
    clinics.alice.save()

    assert code_of(alice.get("me")) == "forbidden"
