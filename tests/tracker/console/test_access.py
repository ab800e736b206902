"""Every address of the desk, by every kind of person, with their own ids and a stranger's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from tests.fixtures import TwoClinics
from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW, signed_in
from tracker.console.access import Access
from tracker.console.urls import urlpatterns
from tracker.models import Clinician, Holiday, Invitation, Rotation
from tracker.services.clinics import clinics as clinic_services
from tracker.services.context import Context
from tracker.services.episodes import episodes
from tracker.services.people import invitations

METHODS = ("get", "post")
NAMES = ("Alice", "Bob Byrd", "Nora Nurse", "Phil Physician", "Ada Admin")


@dataclass
class Page:
    name: str
    url: str
    access: Access
    has_ids: bool

    @property
    def is_of_patients(self) -> bool:
        return self.access == Access.CLINICIAN


def ids_of(clinics: TwoClinics, flag) -> dict[str, object]:
    """Something of Harbor Clinic for each parameter that an address can have."""
    holiday = Holiday.objects.filter(clinic=clinics.clinic).first() or clinic_services.add_holiday(
        Context(clinics.ada, NOW), clinic=clinics.clinic, holiday_date=NOW.date(), name="Day off"
    )
    invitation = Invitation.objects.filter(clinic=clinics.clinic).first() or (
        invitations.invite_patient(
            Context(clinics.ada, NOW),
            care_team=clinics.team,
            email="new@patients.test",
            full_name="Nell New",
            birth_date=None,
            sex="unknown",
        ).invitation
    )
    period = clinics.episode.excused_periods.first() or episodes.excuse(
        Context(clinics.nora, NOW),
        episode=clinics.episode,
        from_date=NOW.date(),
        until_date=NOW.date(),
        reason="Travel",
    )
    rotation = Rotation.objects.filter(clinic=clinics.clinic).first() or scenes.make_rotation(
        clinics, at=NOW
    )
    return {
        "rotation_id": rotation.id,
        "override_id": rotation.overrides.get().id,
        "flag_id": flag.id,
        "message_id": scenes.leave_unread(clinics, at=NOW).id,
        "patient_id": clinics.alice.id,
        "line_id": clinics.episode.planned_measures.first().id,
        "period_id": period.id,
        "clinician_id": clinics.phil.id,
        "invitation_id": invitation.id,
        "team_id": clinics.team.id,
        "priority": "P1",
        "holiday_id": holiday.id,
        "token": "not-a-token",
    }


@pytest.fixture
def pages(clinics: TwoClinics, flag) -> list[Page]:
    ids = ids_of(clinics, flag)
    found = []
    for pattern in urlpatterns:
        needed = {name: ids[name] for name in pattern.pattern.converters}
        url = reverse(f"console:{pattern.name}", kwargs=needed)
        has_ids = any(name.endswith("_id") for name in needed)
        found.append(Page(pattern.name, url, pattern.callback.access, has_ids))
    return found


def visits(client: Client, pages: list[Page]):
    """Each page by each method that it takes."""
    for page in pages:
        for method in METHODS:
            answer = getattr(client, method)(page.url)
            if answer.status_code != 405:
                yield page, f"{method} {page.name}", answer


def test_every_page_says_who_may_open_it():
    for pattern in urlpatterns:
        assert pattern.callback.access in Access, pattern.name


def test_a_stranger_is_asked_to_sign_in(pages):
    for page, visit, answer in visits(Client(), pages):
        if page.access != Access.PUBLIC:
            assert answer.status_code == 302, visit
            assert answer["Location"].startswith("/accounts/login/?next="), visit


def test_a_patient_finds_nothing_at_the_desk(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.alice.user), pages):
        if page.access not in {Access.PUBLIC, Access.ACCOUNT}:
            assert answer.status_code == 403, visit


def test_a_clinician_who_left_finds_nothing(clinics, pages):
    Clinician.objects.filter(id=clinics.nora.id).update(is_active=False)

    for page, visit, answer in visits(signed_in(clinics.nora), pages):
        if page.access not in {Access.PUBLIC, Access.ACCOUNT}:
            assert answer.status_code == 403, visit


def test_what_belongs_to_another_clinic_is_not_found(clinics, pages):
    Clinician.objects.filter(id=clinics.mallory.id).update(is_administrator=True)

    for page, visit, answer in visits(signed_in(clinics.mallory), pages):
        if page.has_ids:
            assert answer.status_code == 404, visit
        assert not [name for name in NAMES if name in answer.content.decode()], visit


def test_who_only_administers_sees_no_diary(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.ada), pages):
        if page.is_of_patients:
            assert answer.status_code == 404, visit
        assert "Alice" not in answer.content.decode(), visit


def test_who_does_not_administer_changes_no_clinic(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.nora), pages):
        if page.access == Access.ADMINISTRATOR:
            assert answer.status_code == 404, visit


def test_no_page_breaks_for_those_it_is_for(clinics, pages):
    """An empty form is refused in words (422), never by an error."""
    for person in (clinics.nora, clinics.ada):
        for page in pages:
            for method in METHODS:
                answer = getattr(signed_in(person), method)(page.url)
                assert answer.status_code in {200, 302, 400, 404, 405, 422}, (method, page.name)
