"""What a browser is told on every page, and what it must never be sent."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client

from tests.fixtures import PASSWORD
from tests.tracker.console.scenes import NASTY
from tests.tracker.console.test_access import pages  # noqa: F401 - a fixture
from tracker.console import access
from tracker.models import AuditEvent


def readable(pages, client):  # noqa: F811
    for page in pages:
        answer = client.get(page.url)
        if answer.status_code == 200:
            yield page, answer


def test_every_page_has_one_heading_a_title_and_a_way_past_the_menu(pages, nora, ada):  # noqa: F811
    for client in (nora, ada):
        for page, answer in readable(pages, client):
            html = answer.content.decode()
            assert len(re.findall(r"<h1[ >]", html)) == 1, page.name
            assert re.search(r"<title>\S[^<]+ · Lumbar</title>", html), page.name
            assert '<a class="skip" href="#main">' in html, page.name
            assert "not a medical device, not an emergency service" in html, page.name


def test_no_page_needs_an_inline_script_or_style(pages, nora, ada):  # noqa: F811
    for client in (nora, ada):
        for page, answer in readable(pages, client):
            html = answer.content.decode()
            assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", html), page.name
            policy = answer["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy, page.name
            assert "unsafe" not in policy, page.name


def test_no_page_is_kept_by_a_cache(pages, nora):  # noqa: F811
    for page, answer in readable(pages, nora):
        assert "no-store" in answer["Cache-Control"], page.name


def test_what_patients_write_is_shown_as_text(clinics, nora):
    html = nora.get(f"/console/patients/{clinics.alice.id}/").content.decode()

    assert NASTY not in html
    assert "&lt;script&gt;" in html


def test_a_page_about_a_patient_leaves_one_audit_row(clinics, nora, pages):  # noqa: F811
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


def test_a_desk_left_alone_asks_for_the_password_again(nora):
    nora.get("/console/")

    assert nora.session.get_expiry_age() <= access.IDLE_SECONDS


def test_a_shift_ends_however_busy_it_was(nora, settings):
    session = nora.session
    session[access.BEGAN_KEY] = time.time() - settings.SESSION_COOKIE_AGE
    session.save()

    assert nora.get("/console/").status_code == 302
    assert "_auth_user_id" not in nora.session


@pytest.mark.parametrize("nowhere", ["/console/nowhere/", "/console/flags/1/"])
def test_what_is_not_there_is_told_in_words(nora, nowhere):
    answer = nora.get(nowhere)

    assert answer.status_code == 404
    assert "Not found" in answer.content.decode()
