"""An administrator sets up a clinic, and people come in by their invitations."""

from __future__ import annotations

import re
from datetime import time

from django.test import Client

from notifications.models import ContactPoint
from tests.fixtures import PASSWORD
from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW, signed_in
from tracker.models import (
    CareTeam,
    Clinician,
    Episode,
    EscalationPolicy,
    Holiday,
    Invitation,
    PlannedMeasure,
    StaffedHours,
    User,
)


def post(client: Client, url: str, **fields):
    return client.post(url, fields, follow=True)


def invite(client: Client, **fields) -> str:
    """The link, which is shown in this one answer."""
    typed = {"full_name": "Nina Novak", "email": "nina@harbor.test", "role": "nurse", **fields}
    html = post(client, "/console/people/invite/", **typed).content.decode()
    (link,) = re.findall(r'value="http://testserver(/console/join/[^"]+)"', html)
    return link


def test_someone_invited_joins_and_signs_in(ada):
    link = invite(ada)
    newcomer = Client()
    assert "Join Harbor Clinic" in newcomer.get(link).content.decode()

    joined = post(
        newcomer, link, full_name="Nina Novak", password=PASSWORD, password_again=PASSWORD
    )

    assert joined.redirect_chain == [("/accounts/login/", 302)]
    signed = post(newcomer, "/accounts/login/", login="nina@harbor.test", password=PASSWORD)
    assert "Alice Avery" in signed.content.decode()


def test_a_scanner_that_opens_the_link_does_not_use_it(ada):
    link = invite(ada)

    for _ in range(3):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200

    assert Invitation.objects.get(kind="clinician").used_at is None


def test_the_link_is_shown_only_once(ada):
    link = invite(ada)

    assert link not in ada.get("/console/invitations/").content.decode()


def test_a_weak_password_is_refused_in_words(ada):
    link = invite(ada)

    answer = post(
        Client(), link, full_name="N", password="password1234", password_again="password12345"
    )

    assert answer.status_code == 422
    assert "too common" in answer.content.decode()
    assert not User.objects.filter(email="nina@harbor.test").exists()


def test_who_has_an_account_signs_in_before_joining(clinics, ada):
    link = invite(ada, email=clinics.mallory.user.email)
    assert "Sign in with it first" in Client().get(link).content.decode()

    mallory = signed_in(clinics.mallory)
    post(mallory, link)

    assert clinics.mallory.user.clinicians.count() == 2
    assert "Alice Avery" in mallory.get("/console/").content.decode()


def test_a_signed_in_stranger_cannot_take_the_invitation(clinics, ada):
    link = invite(ada, email=clinics.mallory.user.email)

    answer = post(signed_in(clinics.nora), link)

    assert answer.status_code == 403
    assert clinics.mallory.user.clinicians.count() == 1


def test_a_link_that_is_not_one_says_so(db):
    answer = Client().get("/console/join/nonsense")

    assert answer.status_code == 400
    assert "Ask your clinic for a new one" in answer.content.decode()


def test_a_revoked_invitation_is_gone(ada):
    link = invite(ada)
    sent = Invitation.objects.get(kind="clinician")

    post(ada, f"/console/invitations/{sent.id}/revoke/")

    assert Client().get(link).status_code == 400


def test_a_nurse_invites_patients_but_not_colleagues(clinics, nora):
    html = post(
        nora,
        "/console/invitations/patient/",
        full_name="Pat Park",
        email="pat@patients.test",
        sex="female",
        care_team=str(clinics.team.id),
    ).content.decode()

    assert re.search(r'value="http://testserver/invitation#[\w-]{43}"', html)
    assert nora.get("/console/people/invite/").status_code == 404


def test_the_patients_page_is_told_no_code(db):
    answer = Client().get("/invitation")

    assert answer.status_code == 200
    assert "everything after the <strong>#</strong>" in answer.content.decode()


def test_nobody_signs_up_without_an_invitation(db):
    answer = Client().post(
        "/accounts/signup/", {"email": "eve@evil.test", "password1": PASSWORD}, follow=True
    )

    assert not User.objects.exists()
    assert answer.status_code in {200, 403, 404}


def test_staffed_hours_are_typed_as_a_week(clinics, ada):
    post(ada, "/console/clinic/hours/", opens_0_0="09:00", closes_0_0="12:00")

    (span,) = StaffedHours.objects.filter(clinic=clinics.clinic)
    assert (span.weekday, f"{span.opens:%H:%M}", f"{span.closes:%H:%M}") == (0, "09:00", "12:00")


def test_half_a_span_is_asked_for_again(clinics, ada):
    answer = post(ada, "/console/clinic/hours/", opens_0_0="09:00")

    assert answer.status_code == 422
    assert "Give both times, or neither." in answer.content.decode()
    assert StaffedHours.objects.filter(clinic=clinics.clinic).count() == 5


def test_everybody_sets_their_own_quiet_hours(clinics, nora):
    typed = {"time_zone": "Europe/Vienna", "quiet_from": "22:00", "quiet_until": "07:00"}
    assert "Saved." in post(nora, "/console/me/notices/", **typed).content.decode()

    refused = post(nora, "/console/me/notices/", time_zone="Europe/Vienna", quiet_from="22:00")
    assert refused.status_code == 422
    assert "Give both times or neither" in refused.content.decode()
    html = nora.get("/console/me/notices/").content.decode()
    assert re.findall(r'value="(2[0-9]:00|0[0-9]:00)"', html) == ["22:00", "07:00"]


def test_who_has_no_working_address_reads_so(clinics, nora):
    ContactPoint.objects.filter(recipient_id=clinics.nora.recipient_id).delete()

    assert "Nothing reaches you" in nora.get("/console/me/notices/").content.decode()


def test_a_holiday_is_added_and_removed(clinics, ada):
    post(ada, "/console/clinic/holidays/", holiday_date="2026-05-25", name="Memorial Day")
    holiday = Holiday.objects.get()
    post(ada, f"/console/clinic/holidays/{holiday.id}/remove/")

    assert not Holiday.objects.exists()


def test_a_clinic_moves_to_another_zone(clinics, ada):
    fields = {"name": "Harbor", "phone": "", "emergency_number": "112"}
    refused = post(ada, "/console/clinic/", time_zone="Mars/Base", **fields)
    post(ada, "/console/clinic/", time_zone="Europe/Vienna", **fields)

    clinics.clinic.refresh_from_db()
    assert refused.status_code == 422
    assert (clinics.clinic.time_zone, clinics.clinic.emergency_number) == ("Europe/Vienna", "112")


def test_a_ladder_is_typed_line_by_line(clinics, ada):
    post(
        ada,
        f"/console/teams/{clinics.team.id}/ladders/P1/",
        whom_1=f"person:{clinics.phil.id}",
        minutes_1="0",
        whom_3="role:nurse",
        minutes_3="20",
        repeats="2",
    )

    policy = EscalationPolicy.objects.get(care_team=clinics.team, priority="P1")
    assert [(step.position, step.delay_minutes) for step in policy.steps.all()] == [(1, 0), (2, 20)]
    assert policy.repeats == 2
    team = ada.get(f"/console/teams/{clinics.team.id}/").content.decode()
    assert "Then all of it again, 2 times." in team


def test_a_ladder_that_reaches_nobody_is_refused_in_words(clinics, ada):
    answer = post(ada, f"/console/teams/{clinics.team.id}/ladders/P1/", repeats="0")

    assert answer.status_code == 422
    assert "at least one step" in answer.content.decode()


def test_a_colleague_without_an_address_stands_out(clinics, ada):
    from notifications import outbox

    outbox.forget(recipient_id=clinics.nora.recipient_id)
    outbox.forget(recipient_id=clinics.phil.recipient_id)

    assert "No working address" in ada.get("/console/people/").content.decode()
    team = ada.get(f"/console/teams/{clinics.team.id}/").content.decode()
    assert "This ladder reaches nobody" in team
    assert "Nora Nurse: cannot be reached" in team
    assert "would reach nobody" in ada.get("/console/teams/").content.decode()
    ladder = ada.get(f"/console/teams/{clinics.team.id}/ladders/P1/").content.decode()
    assert "Nora Nurse, Phil Physician: no working address" in ladder


def test_a_ladder_of_people_whom_nothing_reaches_is_refused_and_the_old_one_stays(clinics, ada):
    ContactPoint.objects.filter(recipient_id=clinics.phil.recipient_id).delete()

    answer = post(
        ada,
        f"/console/teams/{clinics.team.id}/ladders/P1/",
        whom_1=f"person:{clinics.phil.id}",
        minutes_1="0",
        repeats="0",
    )

    assert answer.status_code == 422
    assert "Nobody on this ladder can be reached" in answer.content.decode()
    policy = EscalationPolicy.objects.get(care_team=clinics.team, priority="P1")
    assert [step.role for step in policy.steps.all()] == ["nurse", "physician"]


def test_a_new_team_comes_with_ladders(clinics, ada):
    post(ada, "/console/teams/", name="Neck team")

    team = CareTeam.objects.get(name="Neck team")
    assert team.policies.count() == 4
    post(ada, f"/console/teams/{team.id}/", name="Neck team", members=[str(clinics.nora.id)])
    assert list(team.clinicians.all()) == [clinics.nora]


def test_someone_who_leaves_is_told_nothing_and_sees_nothing(clinics, ada, nora):
    post(ada, f"/console/people/{clinics.nora.id}/", full_name="Nora Nurse", role="nurse")

    assert not Clinician.objects.get(id=clinics.nora.id).is_active
    assert nora.get("/console/").status_code == 403


def test_an_episode_is_begun_changed_excused_and_ended(clinics, nora):
    url = f"/console/patients/{clinics.bob.id}"
    post(nora, f"{url}/episode/end/", ended_date="2026-03-29")
    post(nora, f"{url}/episode/", index_date="2026-03-30", conservative_min_days="42")
    post(nora, f"{url}/episode/", index_date="2026-03-28", conservative_min_days="56")
    post(nora, f"{url}/excuse/", from_date="2026-03-28", until_date="2026-03-29", reason="Travel")

    episode = Episode.objects.current().get(patient=clinics.bob)
    assert (str(episode.index_date), episode.conservative_min_days) == ("2026-03-28", 56)
    assert episode.excused_periods.get().reason == "Travel"


def test_dates_that_cannot_be_are_refused_in_words(clinics, nora):
    answer = post(
        nora,
        f"/console/patients/{clinics.bob.id}/episode/",
        index_date="2026-03-02",
        onset_date="2026-03-09",
        conservative_min_days="42",
    )

    assert answer.status_code == 422
    assert "The pain began before the first day of care" in answer.content.decode()


def test_a_medicine_is_planned_changed_and_waived(clinics, nora):
    url = f"/console/patients/{clinics.bob.id}/plan/add/"
    medicine = {
        "measure": "medication",
        "from_date": "2026-03-20",
        "product": "Advil",
        "route": "oral",
        "name_1": " Ibuprofen ",
        "mg_1": "400",
    }
    post(nora, url, **medicine)
    planned = PlannedMeasure.objects.get(product="Advil")
    assert planned.ingredients == [{"name": "ibuprofen", "mg": 400.0}]

    post(
        nora,
        f"/console/plan/{planned.id}/change/",
        **{**medicine, "from_date": "2026-03-25", "doses_per_day": "2"},
    )
    current = PlannedMeasure.objects.current().get(product="Advil")
    post(nora, f"/console/plan/{current.id}/waive/", from_date="2026-03-30", reason="not_tolerated")

    kept = PlannedMeasure.objects.filter(product="Advil").order_by("from_date")
    assert [(line.doses_per_day, line.waived) for line in kept] == [
        (None, ""),
        (2, ""),
        (2, "not_tolerated"),
    ]


def test_a_medicine_without_its_milligrams_is_asked_for_again(clinics, nora):
    answer = post(
        nora,
        f"/console/patients/{clinics.bob.id}/plan/add/",
        measure="medication",
        from_date="2026-03-20",
        route="oral",
        name_1="ibuprofen",
    )

    assert answer.status_code == 422
    assert "How many milligrams are in one dose?" in answer.content.decode()


def test_what_the_rules_must_know_is_saved(clinics, nora):
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


def test_a_search_is_taken_to_the_letter(nora):
    assert "0 patients" in nora.get("/console/patients/?q=%25").content.decode()


def test_the_diary_shows_days_that_were_not_logged(clinics, nora):
    html = nora.get(
        f"/console/patients/{clinics.alice.id}/diary/?until=2026-03-29"
    ).content.decode()

    assert html.count("not logged") == 3
    assert "Four weeks later" in html
    nonsense = nora.get(f"/console/patients/{clinics.alice.id}/diary/?until=2026-02-30")
    assert nonsense.status_code == 200


def test_the_care_that_was_taken_is_shown(clinics, nora):
    scenes.raise_flag(clinics.alice, at=NOW, rule="DATA-GAP", priority="P4")

    html = nora.get(f"/console/patients/{clinics.alice.id}/").content.decode()

    for words in ("Hot compress 20 min", "Advil", "ibuprofen 400 mg", "Injection", "Naprosyn"):
        assert words in html, words


def test_a_line_says_when_the_patient_is_reminded(clinics, nora):
    line = {"measure": "hot_compress", "from_date": "2026-03-30", "reminder_weekdays": ["0", "2"]}
    url = f"/console/patients/{clinics.bob.id}/plan/add/"

    assert nora.post(url, line | {"reminder_times": "8 and 20"}).status_code == 422
    post(nora, url, **line, reminder_times="8:00, 20:00")

    planned = PlannedMeasure.objects.exclude(reminder_times=[]).get()
    assert (planned.reminder_times, planned.reminder_weekdays) == ([time(8), time(20)], [0, 2])
    assert planned.reminder_slots.filter(remind_at__isnull=False).count() == 2
    page = nora.get(f"/console/patients/{clinics.bob.id}/").content.decode()
    assert "reminded at 8:00 AM, 8:00 PM" in page
    form = nora.get(f"/console/plan/{planned.id}/change/").content.decode()
    assert 'value="08:00, 20:00"' in form
