"""Every console URL, opened by every kind of user, with their own ids and with another clinic's."""

from __future__ import annotations

from django.test import Client

from tests.tracker.console.console_client import signed_in
from tests.tracker.console.console_pages import METHODS, visits
from tracker.console.access import Access
from tracker.console.urls import urlpatterns
from tracker.models import Clinician

NAMES = ("Alice", "Bob Byrd", "Nora Nurse", "Phil Physician", "Ada Admin")


def test_every_page_declares_its_access():
    for pattern in urlpatterns:
        assert pattern.callback.access in Access, pattern.name


def test_an_anonymous_visitor_is_asked_to_sign_in(pages):
    for page, visit, answer in visits(Client(), pages):
        if page.access != Access.PUBLIC:
            assert answer.status_code == 302, visit
            assert answer["Location"].startswith("/accounts/login/?next="), visit


def test_a_patient_has_no_access(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.alice.user), pages):
        if page.access not in {Access.PUBLIC, Access.ACCOUNT}:
            assert answer.status_code == 403, visit


def test_a_deactivated_clinician_has_no_access(clinics, pages):
    Clinician.objects.filter(id=clinics.nora.id).update(is_active=False)

    for page, visit, answer in visits(signed_in(clinics.nora), pages):
        if page.access not in {Access.PUBLIC, Access.ACCOUNT}:
            assert answer.status_code == 403, visit


def test_ids_of_another_clinic_are_not_found(clinics, pages):
    Clinician.objects.filter(id=clinics.mallory.id).update(is_administrator=True)

    for page, visit, answer in visits(signed_in(clinics.mallory), pages):
        if page.has_ids:
            assert answer.status_code == 404, visit
        assert not [name for name in NAMES if name in answer.content.decode()], visit


def test_an_administrator_sees_no_patient(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.ada), pages):
        if page.is_of_patients:
            assert answer.status_code == 404, visit
        assert "Alice" not in answer.content.decode(), visit


def test_a_nurse_opens_no_page_of_administrators(clinics, pages):
    for page, visit, answer in visits(signed_in(clinics.nora), pages):
        if page.access == Access.ADMINISTRATOR:
            assert answer.status_code == 404, visit


def test_no_page_fails_on_a_visit_or_an_empty_form(clinics, pages):
    """An empty form is refused with 422, never a server error."""
    for person in (clinics.nora, clinics.ada):
        for page in pages:
            for method in METHODS:
                answer = getattr(signed_in(person), method)(page.url)
                assert answer.status_code in {200, 302, 400, 404, 405, 422}, (method, page.name)
