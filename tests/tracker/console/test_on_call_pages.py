from __future__ import annotations

import re

from notifications.models import ContactPoint
from tracker.models import EscalationPolicy, Rotation, RotationOverride

TYPED = {
    "name": "Nights",
    "turn_days": "7",
    "hand_over_time": "08:00",
    "first_date": "2026-03-30",
}


def make(client, clinics, **fields) -> Rotation:
    """Nora has the week of Monday, March 30, when it is 9:00; Phil has the next."""
    people = {"member_1": str(clinics.nora.id), "member_2": str(clinics.phil.id)}
    answer = client.post("/console/on-call/new/", {**TYPED, **people, **fields}, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return Rotation.objects.get()


def page(client, rotation: Rotation) -> str:
    return client.get(f"/console/on-call/{rotation.id}/").content.decode()


def turns(html: str) -> list[str]:
    """Return who is on duty from when on, as the page shows it."""
    (table,) = re.findall(r"from when to when</caption>.*?</table>", html, re.DOTALL)
    rows = re.findall(r"<tr><td>(.*?)</td><td>.*?</td><td>(.*?)</td></tr>", table, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", " ".join(row)).split()) for row in rows]


def override(client, rotation: Rotation, person, **fields):
    typed = {
        "clinician": str(person.id),
        "from_date": "2026-03-31",
        "from_time": "12:00",
        "until_date": "2026-03-31",
        "until_time": "18:00",
        **fields,
    }
    return client.post(f"/console/on-call/{rotation.id}/", typed, follow=True)


def test_a_new_rotation_shows_its_next_two_weeks(clinics, ada):
    html = page(ada, make(ada, clinics))

    assert "Nora Nurse, then Phil Physician; a week each, handed over on Monday" in html
    assert turns(html) == [
        "now Nora Nurse",
        "Mon Apr 6, 8:00 AM Phil Physician",
        "Mon Apr 13, 8:00 AM Nora Nurse",
    ]


def test_the_edit_form_shows_the_current_rotation(clinics, ada):
    rotation = make(ada, clinics)
    html = ada.get(f"/console/on-call/{rotation.id}/edit/").content.decode()

    assert 'value="2026-03-30"' in html
    assert re.findall(r'<option value="[^"]+" selected>([^<]+)', html) == [
        "A week",
        "Nora Nurse",
        "Phil Physician",
    ]


def test_a_rotation_without_people_is_refused(clinics, ada):
    answer = ada.post("/console/on-call/new/", TYPED)

    assert answer.status_code == 422
    assert "needs at least one person" in answer.content.decode()


def test_a_nurse_enters_and_removes_an_override(clinics, ada, nora):
    rotation = make(ada, clinics)

    html = override(nora, rotation, clinics.phil).content.decode()
    assert "Tue Mar 31, 12:00 PM Phil Physician override" in turns(html)
    assert "entered by Nora Nurse, Mon Mar 30, 9:00 AM" in html

    taken = RotationOverride.objects.get()
    nora.post(f"/console/on-call/{rotation.id}/overrides/{taken.id}/remove/")
    assert "override" not in " ".join(turns(page(nora, rotation)))


def test_an_override_that_ends_before_it_starts_is_refused(clinics, ada, nora):
    answer = override(nora, make(ada, clinics), clinics.phil, until_time="11:00")

    assert answer.status_code == 422
    assert "The end must be after the start" in answer.content.decode()


def test_a_person_on_duty_who_cannot_be_reached_is_marked(clinics, ada):
    rotation = make(ada, clinics)
    ContactPoint.objects.filter(recipient_id=clinics.nora.recipient_id).delete()

    for url in ("/console/on-call/", f"/console/on-call/{rotation.id}/"):
        assert '<span class="state bad">Nora Nurse: cannot be reached' in (
            ada.get(url).content.decode()
        )


def test_a_rotation_that_a_policy_names_cannot_be_removed(clinics, ada):
    rotation = make(ada, clinics)
    ada.post(
        f"/console/teams/{clinics.team.id}/ladders/P1/",
        {"whom_1": f"rotation:{rotation.id}", "minutes_1": "0", "repeats": "0"},
    )
    (step,) = EscalationPolicy.objects.get(care_team=clinics.team, priority="P1").steps.all()
    assert step.rotation == rotation
    edit = ada.get(f"/console/teams/{clinics.team.id}/ladders/P1/").content.decode()
    assert f'<option value="rotation:{rotation.id}" selected>Nights' in edit

    team = ada.get(f"/console/teams/{clinics.team.id}/").content.decode()
    assert re.search(
        r"Nights</strong>, at once<br>on duty now: <span[^>]*>Nora Nurse</span></li>", team
    )

    answer = ada.post(f"/console/on-call/{rotation.id}/remove/", follow=True)
    assert "uses this rotation" in answer.content.decode()


def test_a_rotation_that_no_policy_names_is_removed(clinics, ada):
    ada.post(f"/console/on-call/{make(ada, clinics).id}/remove/")

    assert not Rotation.objects.exists()
