from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api_client import code_of, entry, paths_of
from tracker.models import AuditEvent, CompressUse, DiaryEntry, Evaluation, Revision

EVENING = "2026-03-02T20:30:00-05:00"


def item(kind: str = "compress_use", **fields) -> dict:
    given = {
        "compress_use": {"at": EVENING, "type": "cold", "minutes": 15},
        "diary_entry": {"date": "2026-03-02", "submitted_at": EVENING, "pain_average": 6},
    }
    return {"kind": kind, "id": str(uuid4()), **given[kind], **fields}


def sync(phone, *items) -> list[dict]:
    answer = phone.post("sync", {"items": list(items)})
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_each_item_has_its_own_outcome_and_a_bad_one_stops_none(alice):
    good, bad, again = item(), item(type="warm"), item("diary_entry")

    outcomes = sync(alice, good, bad, again, good, {"kind": "poem"}, 7)

    assert [each["status"] for each in outcomes] == [
        "stored",
        "invalid",
        "stored",
        "duplicate",
        "invalid",
        "invalid",
    ]
    assert [each["id"] for each in outcomes[:3]] == [good["id"], bad["id"], again["id"]]
    assert outcomes[1]["errors"] == [
        {
            "path": "items[1].type",
            "code": "not_allowed",
            "message": "Not one of the allowed values.",
        }
    ]
    assert outcomes[4]["errors"][0]["path"] == "items[4].kind"
    assert CompressUse.objects.count() == DiaryEntry.objects.count() == 1


def test_the_same_batch_again_changes_nothing(alice):
    batch = [item(), item("diary_entry"), item(minutes=None)]
    first = sync(alice, *batch)

    second = sync(alice, *batch)

    assert [each["status"] for each in second] == ["duplicate"] * 3
    assert [each["record"] for each in second] == [each["record"] for each in first]
    assert Revision.objects.count() == 3


def test_two_versions_in_one_batch_are_applied_in_order(alice):
    first = item("diary_entry")
    second = {**first, "pain_average": 2, "base_revision": 1}

    outcomes = sync(alice, first, second)

    assert [each["record"]["revision"] for each in outcomes] == [1, 2]
    assert DiaryEntry.objects.get().pain_average == 2


def test_a_conflict_returns_the_current_version(alice):
    first = item("diary_entry")
    sync(alice, first)

    (outcome,) = sync(alice, item("diary_entry", pain_average=1))

    assert (outcome["status"], outcome["code"]) == ("conflict", "conflict")
    assert outcome["current"]["id"] == first["id"]


def test_a_record_is_retracted_in_a_batch(alice):
    made = item()
    sync(alice, made)
    retraction = {
        "kind": "retraction",
        "id": made["id"],
        "of": "compress_use",
        "base_revision": 1,
        "submitted_at": EVENING,
    }

    outcomes = sync(alice, retraction, {**retraction, "id": str(uuid4())})

    assert [each["status"] for each in outcomes] == ["stored", "invalid"]
    assert outcomes[1]["code"] == "not_found"
    assert CompressUse.objects.get().retracted_at is not None
    assert alice.get("compress-uses").json()["records"] == []
    assert alice.get(f"compress-uses/{made['id']}").json()["retracted"] is True


def test_a_day_retracted_and_logged_anew_in_one_batch(alice):
    old = item("diary_entry")
    sync(alice, old)
    retraction = {"kind": "retraction", "id": old["id"], "of": "diary_entry", "base_revision": 1}

    outcomes = sync(alice, retraction, item("diary_entry", pain_average=1))

    assert [each["status"] for each in outcomes] == ["stored", "stored"]
    assert DiaryEntry.objects.get(retracted_at=None).pain_average == 1


def test_a_batch_is_evaluated_once_and_leaves_one_line(alice):
    sync(alice, item(), item(), item("diary_entry"))

    assert Evaluation.objects.count() == 1
    assert AuditEvent.objects.filter(action="records.sync").count() == 1


def test_weeks_offline_are_stored_in_a_bounded_number_of_statements(
    alice, django_assert_max_num_queries
):
    batch = [item(id=str(uuid4()), minutes=15) for _ in range(200)]

    with django_assert_max_num_queries(26):
        outcomes = sync(alice, *batch)

    assert {each["status"] for each in outcomes} == {"stored"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"items": [{}] * 201}, 413, "too_large"),
        ({"items": {}}, 400, "invalid"),
        ({}, 400, "invalid"),
        ([], 400, "invalid"),
        ({"items": [], "patient_id": 1}, 400, "invalid"),
        (b" " * 262_200, 413, "too_large"),
    ],
)
def test_an_invalid_batch_is_refused_as_a_whole(alice, body, status, code):
    answer = alice.post("sync", body)

    assert answer.status_code == status
    assert code_of(answer) == code


def test_an_empty_batch_returns_the_pending_advice(alice):
    answer = alice.post("sync", {"items": []})

    assert answer.json() == {
        "items": [],
        "must_read": {"advice": [], "checklist_due": "enrolment"},
    }


def test_an_unknown_field_of_a_batch_is_named(alice):
    assert paths_of(alice.post("sync", {"items": [], "then": 1})) == {"then": "unknown_field"}


def test_a_single_entry_takes_few_statements(alice, django_assert_max_num_queries):
    # Eleven of them are the evaluation's, eight are savepoints.
    with django_assert_max_num_queries(30):
        assert alice.put("diary/2026-03-02", entry()).status_code == 201
