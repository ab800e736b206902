"""The list of patients, and the page of one."""

from __future__ import annotations

from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import post


def test_the_patient_facts_that_the_rules_use_are_saved(clinics, nora):
    post(
        nora,
        f"/console/patients/{clinics.alice.id}/describe/",
        conditions=["osteoporosis"],
        function_floor="1",
        mme_acknowledged="40",
    )

    clinics.alice.refresh_from_db()
    assert (clinics.alice.conditions, clinics.alice.function_floor) == (["osteoporosis"], 1)


def test_patients_are_found_by_name(nora):
    html = nora.get("/console/patients/?q=ALI%00").content.decode()

    assert "Alice Avery" in html
    assert "Bob Byrd" not in html


def test_a_percent_sign_in_a_search_is_no_wildcard(nora):
    assert "0 patients" in nora.get("/console/patients/?q=%25").content.decode()


def test_records_of_every_kind_are_shown(clinics, nora):
    clinic_data.raise_flag(clinics.alice, at=NOW, rule="DATA-GAP", priority="P4")

    html = nora.get(f"/console/patients/{clinics.alice.id}/").content.decode()

    for words in ("Hot compress 20 min", "Advil", "ibuprofen 400 mg", "Injection", "Naprosyn"):
        assert words in html, words
