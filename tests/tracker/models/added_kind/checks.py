"""What follows from the declaration of a kind. Run in a tree that has `six_minute_walk`."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

import clock
from tests.api_client import ApiClient, paths_of
from tests.fixtures import MONDAY_EVENING, TwoClinics
from tracker.models import RECORD_KINDS, Revision
from tracker.services.context import OPERATOR, Context
from tracker.services.evaluation import histories

AT = "2026-03-02T20:30:00-05:00"
KIND = RECORD_KINDS["walk_test"]


@pytest.fixture
def alice(clinics: TwoClinics) -> ApiClient:
    with connection.schema_editor() as editor:
        editor.create_model(KIND.model)
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=1))
    return ApiClient.signed_in(clinics.alice)


def log(alice: ApiClient, metres: int = 320) -> UUID:
    uuid = uuid4()
    assert alice.put(f"walk-tests/{uuid}", {"at": AT, "metres": metres}).status_code == 201
    return uuid


def test_a_put_is_stored_and_read_back(alice):
    uuid = log(alice)

    read = alice.get(f"walk-tests/{uuid}").json()
    assert (read["kind"], read["at"], read["metres"]) == ("walk_test", AT, 320)
    assert alice.get("walk-tests").json()["records"] == [read]


def test_its_domain_is_held(alice):
    refused = alice.put(f"walk-tests/{uuid4()}", {"at": AT, "metres": 2001})

    assert paths_of(refused) == {"metres": "out_of_range"}


def test_every_version_is_kept(alice):
    uuid = log(alice)
    corrected = {"at": AT, "metres": 340, "base_revision": 1}
    assert alice.put(f"walk-tests/{uuid}", corrected).json()["status"] == "stored"
    assert alice.delete(f"walk-tests/{uuid}?base_revision=2").status_code == 200

    kept = Revision.objects.filter(uuid=uuid).values_list("number", "content__metres", "retracted")
    assert list(kept) == [(1, 320, False), (2, 340, False), (3, 340, True)]
    assert KIND.model._default_manager.get(uuid=uuid).metres == 340


def test_a_batch_takes_it(alice):
    item = {"kind": "walk_test", "id": str(uuid4()), "at": AT, "metres": 300}
    retraction = {
        "kind": "retraction",
        "of": "walk_test",
        "id": item["id"],
        "base_revision": 1,
    }

    outcomes = alice.post("sync", {"items": [item, retraction]}).json()["items"]

    assert [outcome["status"] for outcome in outcomes] == ["stored", "stored"]


def test_the_schema_describes_it():
    schema = Client().get("/api/v1/schema/").json()

    assert {"/api/v1/walk-tests", "/api/v1/walk-tests/{uuid}"} <= schema["paths"].keys()
    assert "WalkTestItem" in json.dumps(schema["components"]["schemas"]["BatchBody"])
    assert schema["components"]["schemas"]["WalkTest"]["properties"]["metres"]["maximum"] == 2000


def test_the_clinician_reads_it_in_the_diary(alice, clinics):
    log(alice)
    browser = Client()
    browser.force_login(clinics.nora.user)

    page = browser.get(reverse("console:diary", args=[clinics.alice.id])).content.decode()

    assert "Walk test" in page
    assert "320" in page


def test_the_history_holds_it_and_can_be_replayed(alice, clinics, tmp_path):
    log(alice)
    context = Context(OPERATOR, clock.now())

    document = histories.export(context, episode=clinics.episode).document

    assert [record["metres"] for record in document["records"]] == [320]
    (tmp_path / "history.jsonl").write_text(json.dumps(document))
    out = StringIO()
    call_command("replay", str(tmp_path / "history.jsonl"), stdout=out)
    assert "error" not in out.getvalue()


def test_the_checker_compares_its_row_with_its_newest_version(alice):
    uuid = log(alice)
    call_command("check_invariants", stdout=StringIO())

    KIND.model._default_manager.filter(uuid=uuid).update(metres=1)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_invariants", stdout=out)
    assert "current_row_is_newest_version" in out.getvalue()

    KIND.model._default_manager.filter(uuid=uuid).update(metres=320, uuid=uuid4())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_invariants", stdout=out)
    assert "current_row_has_its_version" in out.getvalue()
