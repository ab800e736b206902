from __future__ import annotations

import re

from tests.fixtures import make_care_team, make_clinician, make_patient
from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW, signed_in
from tracker.models import Clinician


def names(html: str) -> list[str]:
    return re.findall(r'href="/console/flags/[^"]+">([^<]+)</a>', html)


def test_the_most_urgent_patient_is_first_and_each_has_one_row(clinics, nora):
    dora = make_patient(clinics.team, "Dora Diaz")
    scenes.raise_flag(dora, at=NOW, rule="RF-CES", priority="P0")

    html = nora.get("/console/").content.decode()

    assert names(html) == ["Dora Diaz", "Alice Avery", "Bob Byrd"]
    assert "2 patients need a clinician" in html


def test_it_says_how_much_time_is_left(nora):
    html = nora.get("/console/").content.decode()

    assert re.search(r"3[12] h [0-9 min]*left", html)
    assert "Tue Mar 31, 5:00 PM" in html


def test_it_can_show_ones_own_teams_only(clinics, nora):
    other = make_care_team(clinics.clinic, "Other team")
    make_patient(other, "Olga Orr")
    scenes.raise_flag(other.patients.get(), at=NOW)

    assert "Olga Orr" in nora.get("/console/").content.decode()
    assert "Olga Orr" not in nora.get("/console/?team=mine").content.decode()
    assert names(nora.get(f"/console/?team={other.id}").content.decode()) == ["Olga Orr"]


def test_a_team_of_another_clinic_filters_nothing(clinics, nora):
    html = nora.get(f"/console/?team={clinics.other_team.id}").content.decode()

    assert "Alice Avery" in html


def test_who_works_in_two_clinics_chooses_one(clinics, flag):
    Clinician.objects.create(
        clinic=clinics.other_clinic, user=clinics.nora.user, full_name="Nora Nurse", role="nurse"
    )
    client = signed_in(clinics.nora)
    assert client.get("/console/")["Location"] == "/console/seats/"

    there = clinics.nora.user.clinicians.get(clinic=clinics.other_clinic)
    client.post("/console/seats/", {"seat": str(there.id)})

    html = client.get("/console/").content.decode()
    assert "Carol Cho" in html
    assert "Alice Avery" not in html
    assert client.get(f"/console/flags/{flag.id}/").status_code == 404


def test_nobody_sits_down_in_someone_elses_seat(clinics, flag):
    make_clinician(clinics.other_team, "Mel Meyer")
    client = signed_in(clinics.nora)

    assert client.post("/console/seats/", {"seat": str(clinics.mallory.id)}).status_code == 404
    assert client.post("/console/seats/", {"seat": "x"}).status_code == 404


def test_the_administrator_starts_with_the_people(ada):
    assert ada.get("/console/")["Location"] == "/console/people/"


def test_a_message_that_is_not_read_is_a_row_until_somebody_has_seen_to_it(clinics, nora):
    message = scenes.leave_unread(clinics, at=NOW)
    assert "Messages not read" in nora.get("/console/").content.decode()

    nora.post(f"/console/messages/{message.id}/dealt-with/")

    assert "Messages not read" not in nora.get("/console/").content.decode()
