"""What every page of the console must have, and must never contain."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client

from tests.fixtures import PASSWORD
from tests.tracker.console.clinic_data import NASTY
from tests.tracker.console.console_pages import readable
from tracker.console import access
from tracker.models import AuditEvent


def test_every_page_has_one_heading_a_title_and_a_skip_link(pages, nora, ada):
    for client in (nora, ada):
        for page, answer in readable(client, pages):
            html = answer.content.decode()
            assert len(re.findall(r"<h1[ >]", html)) == 1, page.name
            assert re.search(r"<title>\S[^<]+ · Lumbar</title>", html), page.name
            assert '<a class="skip" href="#main">' in html, page.name
            assert "not a medical device, not an emergency service" in html, page.name


def test_no_page_needs_an_inline_script_or_style(pages, nora, ada):
    for client in (nora, ada):
        for page, answer in readable(client, pages):
            html = answer.content.decode()
            assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", html), page.name
            policy = answer["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy, page.name
            assert "unsafe" not in policy, page.name


def test_no_page_may_be_cached(pages, nora):
    for page, answer in readable(nora, pages):
        assert "no-store" in answer["Cache-Control"], page.name


def test_notes_of_patients_are_escaped(clinics, nora):
    html = nora.get(f"/console/patients/{clinics.alice.id}/").content.decode()

    assert NASTY not in html
    assert "&lt;script&gt;" in html


def test_a_page_about_a_patient_leaves_one_audit_row(clinics, nora, pages):
    for page in pages:
        if not page.is_of_patients:
            continue
        AuditEvent.objects.all().delete()
        if nora.get(page.url).status_code == 200:
            (event,) = AuditEvent.objects.all()
            assert event.actor_id == clinics.nora.id, page.name
            assert event.patient_id == clinics.alice.id or page.name == "patients", page.name
            assert event.request_id, page.name


def test_people_sign_in_with_their_password(clinics, flag):
    client = Client()

    answer = client.post(
        "/accounts/login/", {"login": clinics.nora.user.email, "password": PASSWORD}
    )

    assert answer["Location"] == "/console/"
    assert "Alice Avery" in client.get("/console/").content.decode()


def test_an_idle_session_expires(nora):
    nora.get("/console/")

    assert nora.session.get_expiry_age() <= access.IDLE_SECONDS


def test_a_session_ends_after_twelve_hours_of_activity(nora, settings):
    session = nora.session
    session[access.BEGAN_KEY] = time.time() - settings.SESSION_COOKIE_AGE
    session.save()

    assert nora.get("/console/").status_code == 302
    assert "_auth_user_id" not in nora.session


@pytest.mark.parametrize("nowhere", ["/console/nowhere/", "/console/flags/1/"])
def test_an_unknown_address_shows_the_not_found_page(nora, nowhere):
    answer = nora.get(nowhere)

    assert answer.status_code == 404
    assert "Not found" in answer.content.decode()
