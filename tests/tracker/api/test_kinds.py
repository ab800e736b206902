from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api_client import code_of, paths_of
from tracker.models import Flag, MedicationIntake, RedFlagChecklist

AT = "2026-03-02T20:30:00-05:00"
LOGGED = {
    "compress-uses": {"type": "hot", "minutes": 20, "wrap": True},
    "medication-intakes": {
        "product": "Advil",
        "ingredients": [{"name": "ibuprofen", "mg": 400}],
    },
    "therapy-sessions": {"type": "physical_therapy", "minutes": 45},
    "red-flag-checklists": {"answers": {"saddle_numbness": "no", "temperature_c": 36.8}},
}


@pytest.mark.parametrize("resource", LOGGED)
def test_what_happened_at_a_time_is_stored_listed_and_read_back(alice, resource):
    uuid = uuid4()

    stored = alice.put(f"{resource}/{uuid}", {"at": AT, **LOGGED[resource]})

    assert stored.status_code == 201, stored.content
    record = stored.json()["record"]
    assert record["at"] == AT
    assert record["id"] == str(uuid)
    assert LOGGED[resource].items() <= {**record, **_answered(record)}.items()
    assert alice.get(f"{resource}/{uuid}").json() == record
    assert alice.get(resource).json()["records"] == [record]


def _answered(record: dict) -> dict:
    """The nested parts without what was not asked."""
    return {
        "answers": {k: v for k, v in record.get("answers", {}).items() if v is not None},
        "ingredients": [
            {k: v for k, v in each.items() if v is not None}
            for each in record.get("ingredients", [])
        ],
    }


def test_a_weekly_score_is_stored_and_read_back(alice):
    sent = {
        "date": "2026-03-01",
        "submitted_at": AT,
        "pain": 6,
        "enjoyment": 5,
        "activity": 7,
    }
    uuid = uuid4()

    assert alice.put(f"peg-scores/{uuid}", sent).status_code == 201
    assert alice.get(f"peg-scores/{uuid}").json()["enjoyment"] == 5
    assert code_of(alice.put(f"peg-scores/{uuid4()}", {**sent, "pain": None})) == "invalid"


def test_an_id_of_one_kind_is_not_found_under_another(alice):
    uuid = uuid4()
    alice.put(f"compress-uses/{uuid}", {"at": AT, **LOGGED["compress-uses"]})

    other = alice.put(f"therapy-sessions/{uuid}", {"at": AT, **LOGGED["therapy-sessions"]})

    assert other.status_code == 409
    assert other.json()["current"]["kind"] == "compress_use"
    assert code_of(alice.get(f"therapy-sessions/{uuid}")) == "not_found"
    assert code_of(alice.delete(f"therapy-sessions/{uuid}?base_revision=1")) == "not_found"


@pytest.mark.parametrize(
    "uuid",
    ["5", "0B6EE28E-7EB1-4FF2-8B20-1D0C1A6E6A6B", "0b6ee28e7eb14ff28b201d0c1a6e6a6b", "' or 1=1"],
)
def test_an_id_that_is_not_canonical_is_not_found(alice, uuid):
    assert code_of(alice.get(f"compress-uses/{uuid}")) == "not_found"


def test_a_future_time_is_refused(alice):
    sent = {"at": "2026-03-02T21:20:00-05:00", **LOGGED["compress-uses"]}

    assert paths_of(alice.put(f"compress-uses/{uuid4()}", sent)) == {"at": "in_future"}


def test_an_hour_that_occurs_twice_is_distinguished_by_its_offset(alice):
    for offset in ("-04:00", "-05:00"):
        sent = {"at": f"2025-11-02T01:30:00{offset}", **LOGGED["therapy-sessions"]}
        assert alice.put(f"therapy-sessions/{uuid4()}", sent).status_code == 201

    found = alice.get("therapy-sessions?from=2025-11-02&until=2025-11-02").json()["records"]

    assert [each["at"][-6:] for each in found] == ["-04:00", "-05:00"]


def test_a_dose_without_a_strength_is_refused(alice):
    sent = {"at": AT, "ingredients": [{"name": "ibuprofen"}]}

    assert paths_of(alice.put(f"medication-intakes/{uuid4()}", sent)) == {
        "ingredients[0].mg": "invalid"
    }


def test_an_intake_without_a_product_is_kept(alice):
    sent = {"at": AT, "ingredients": [{"name": "ibuprofen", "mg": 200}]}

    assert alice.put(f"medication-intakes/{uuid4()}", sent).status_code == 201
    assert MedicationIntake.objects.get().product == ""


def test_a_red_flag_returns_advice_at_once_and_again_after_a_lost_response(alice):
    uuid = uuid4()
    sent = {"at": AT, "answers": {"saddle_numbness": "yes"}}

    first = alice.put(f"red-flag-checklists/{uuid}", sent)
    again = alice.put(f"red-flag-checklists/{uuid}", sent)

    for answer in (first, again):
        (advice,) = answer.json()["must_read"]["advice"]
        assert advice["urgency"] == "emergency"
        assert "emergency" in advice["text"]
        assert answer.json()["must_read"]["checklist_due"] is None
    assert Flag.objects.get().priority == "P0"
    assert RedFlagChecklist.objects.count() == 1


def test_the_flag_of_a_retracted_checklist_stays_for_a_clinician_to_close(alice):
    uuid = uuid4()
    alice.put(f"red-flag-checklists/{uuid}", {"at": AT, "answers": {"saddle_numbness": "yes"}})

    alice.delete(f"red-flag-checklists/{uuid}?base_revision=1")

    flag = Flag.objects.get()
    assert flag.state == "open"
    assert flag.retracted_at is not None
