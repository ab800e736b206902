from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

import clock
from tests.api_client import ApiClient, code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.models import AuditEvent, DiaryEntry, Revision

MONDAY = "diary/2026-03-02"


def test_a_first_entry_is_stored_and_read_back(alice, clinics):
    sent = entry(pain_worst=8, note="Stairs.")

    stored = alice.put(MONDAY, sent)

    assert stored.status_code == 201, stored.content
    assert stored.json()["status"] == "stored"
    shown = stored.json()["record"]
    assert shown["pain_average"] == 6
    assert shown["standing"] is None
    assert shown["note"] == "Stairs."
    assert alice.get(MONDAY).json() == shown
    row = DiaryEntry.objects.get()
    assert (row.patient_id, row.pain_average, row.revision) == (clinics.alice.id, 6, 1)


def test_the_same_entry_ten_times_is_there_once(alice):
    sent = entry()

    answers = [alice.put(MONDAY, sent) for _ in range(10)]

    assert [answer.json()["status"] for answer in answers] == ["stored"] + ["duplicate"] * 9
    assert len({str(answer.json()["record"]) for answer in answers}) == 1
    assert DiaryEntry.objects.count() == Revision.objects.count() == 1


def test_a_put_replaces_the_whole_entry_and_keeps_the_former_version(alice):
    sent = entry(standing=2)
    alice.put(MONDAY, sent)

    corrected = alice.put(
        MONDAY, {**entry(id=sent["id"], pain_average=3), "base_revision": 1, "reason": "Typo."}
    )

    assert corrected.status_code == 200
    record = corrected.json()["record"]
    assert (record["pain_average"], record["standing"], record["revision"]) == (3, None, 2)
    first, second = Revision.objects.order_by("number")
    assert first.content["standing"] == 2
    assert "standing" not in second.content
    assert second.reason == "Typo."


def test_a_stale_correction_is_a_conflict_and_both_are_kept(alice):
    sent = entry()
    alice.put(MONDAY, sent)
    alice.put(MONDAY, {**sent, "pain_average": 5, "base_revision": 1})

    stale = {**sent, "pain_average": 9, "base_revision": 1}
    answers = [alice.put(MONDAY, stale) for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 409
        assert code_of(answer) == "conflict"
        assert answer.json()["current"]["pain_average"] == 5
    assert DiaryEntry.objects.get().pain_average == 5
    lost = Revision.objects.get(number=None)
    assert lost.content["pain_average"] == 9


def test_a_lost_response_is_repeated_though_the_entry_was_corrected_since(alice):
    sent = entry()
    alice.put(MONDAY, sent)
    alice.put(MONDAY, {**sent, "pain_average": 5, "base_revision": 1})

    again = alice.put(MONDAY, sent)

    assert again.json()["status"] == "duplicate"
    assert again.json()["record"]["revision"] == 1
    assert DiaryEntry.objects.get().pain_average == 5


def test_another_entry_for_the_same_day_is_a_conflict(alice):
    first = entry()
    alice.put(MONDAY, first)

    second = alice.put(MONDAY, entry(pain_average=2))

    assert second.status_code == 409
    assert second.json()["current"]["id"] == first["id"]
    assert Revision.objects.filter(number=None).count() == 1


def test_an_entry_does_not_move_to_another_day(alice):
    sent = entry()
    alice.put(MONDAY, sent)

    moved = alice.put("diary/2026-03-01", {**sent, "base_revision": 1})

    assert code_of(moved) == "conflict"
    assert alice.get("diary/2026-03-01").status_code == 404


def test_a_correction_of_an_unknown_record_is_a_conflict(alice):
    answer = alice.put(MONDAY, {**entry(), "base_revision": 4})

    assert answer.status_code == 409
    assert "current" not in answer.json()


def test_a_retracted_day_is_free_again_and_the_old_entry_stays_retracted(alice):
    sent = entry()
    alice.put(MONDAY, sent)

    retracted = alice.delete(f"{MONDAY}?id={sent['id']}&base_revision=1")
    again = alice.delete(f"{MONDAY}?id={sent['id']}&base_revision=1")

    assert retracted.status_code == 200
    assert retracted.json()["record"]["retracted"] is True
    assert again.json()["status"] == "duplicate"
    assert alice.get(MONDAY).status_code == 404
    assert code_of(alice.put(MONDAY, {**sent, "base_revision": 2})) == "conflict"
    assert alice.put(MONDAY, entry(pain_average=1)).status_code == 201
    assert [row["pain_average"] for row in alice.get("diary").json()["records"]] == [1]


def test_retracting_an_unknown_record_is_not_found(alice):
    assert code_of(alice.delete(f"{MONDAY}?id={uuid4()}&base_revision=1")) == "not_found"
    assert code_of(alice.delete(MONDAY)) == "invalid_query"


def test_a_future_day_in_the_patients_zone_is_refused(alice):
    # It is 21:01 on March 2 in New York, and March 3 already in Greenwich.
    answer = alice.put("diary/2026-03-03", entry())

    assert answer.status_code == 400
    assert paths_of(answer) == {"date": "in_future"}


def test_a_day_long_before_enrolment_is_refused(alice):
    assert paths_of(alice.put("diary/2025-02-27", entry())) == {"date": "too_long_ago"}
    assert paths_of(alice.put("diary/0001-01-01", entry())) == {"date": "invalid"}


def test_a_phone_slightly_ahead_gets_the_servers_time(alice):
    ahead = (clock.now() + timedelta(minutes=4)).isoformat()

    answer = alice.put(MONDAY, entry(submitted_at=ahead))

    assert answer.status_code == 201
    revision = Revision.objects.get()
    assert revision.submitted_at == revision.received_at
    assert revision.content["submitted_at"].startswith(revision.received_at.isoformat()[:19])
    assert (
        alice.put(MONDAY, {**entry(submitted_at=ahead), "id": str(revision.uuid)}).json()["status"]
        == "duplicate"
    )


@pytest.mark.parametrize("left_out", [{}, {"submitted_at": None}])
def test_a_record_without_a_saved_time_gets_the_servers_time(alice, left_out):
    said = {"id": str(uuid4()), "pain_average": 6, **left_out}

    first, again = alice.put(MONDAY, said), alice.put(MONDAY, said)

    record = first.json()["record"]
    assert record["submitted_at"] == record["received_at"]
    assert again.json() == first.json() | {"status": "duplicate"}


def test_a_phone_far_ahead_of_time_is_refused(alice):
    ahead = (clock.now() + timedelta(minutes=6)).isoformat()

    assert paths_of(alice.put(MONDAY, entry(submitted_at=ahead))) == {"submitted_at": "in_future"}


def test_a_date_that_does_not_exist_is_not_found(alice):
    assert code_of(alice.put("diary/2026-02-29", entry())) == "not_found"
    assert code_of(alice.get("diary/tomorrow")) == "not_found"


def test_the_diary_is_read_by_a_span_of_days(alice):
    for day in ("2026-02-27", "2026-02-28", "2026-03-01"):
        alice.put(f"diary/{day}", entry())

    found = alice.get("diary?from=2026-02-28&until=2026-03-01").json()["records"]

    assert [record["date"] for record in found] == ["2026-02-28", "2026-03-01"]
    assert len(alice.get("diary").json()["records"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-03-02&until=2026-03-01",
        "from=2025-01-01&until=2026-03-01",
        "from=yesterday",
        "from=2026-03-01&from=2026-03-02",
        "limit=5",
        "note__regex=(a%2B)%2B$",
    ],
)
def test_an_invalid_query_is_refused(alice, query):
    answer = alice.get(f"diary?{query}")

    assert answer.status_code == 400
    assert code_of(answer) == "invalid_query"


def test_every_read_and_write_leaves_one_audit_row(alice, clinics):
    sent = entry()
    alice.put(MONDAY, sent)
    alice.get(MONDAY)
    alice.get("diary")
    alice.delete(f"{MONDAY}?id={sent['id']}&base_revision=1")

    lines = AuditEvent.objects.filter(patient_id=clinics.alice.id)

    assert list(lines.values_list("action", "actor_kind", "actor_id", "subject_id")) == [
        ("diary_entry.record", "patient", clinics.alice.id, sent["id"]),
        ("diary_entry.read", "patient", clinics.alice.id, sent["id"]),
        ("diary_entry.list", "patient", clinics.alice.id, str(clinics.alice.id)),
        ("diary_entry.retract", "patient", clinics.alice.id, sent["id"]),
    ]


def test_the_same_id_of_another_patient_is_another_record(alice, clinics):
    sent = entry()
    alice.put(MONDAY, sent)

    bobs = ApiClient.signed_in(clinics.bob).put(MONDAY, {**sent, "pain_average": 1})

    assert bobs.status_code == 201
    assert alice.get(MONDAY).json()["pain_average"] == 6


def test_extreme_pain_makes_the_checklist_due(alice):
    alice.put(
        f"red-flag-checklists/{uuid4()}",
        {"at": (MONDAY_EVENING - timedelta(hours=1)).isoformat(), "answers": {}},
    )

    answer = alice.put(MONDAY, entry(pain_average=10))

    assert answer.json()["must_read"]["checklist_due"] == "triggered"
    assert [each["code"] for each in answer.json()["must_read"]["advice"]] == ["CHECKLIST"]
