"""A real browser before a real server, with Alice's four weeks at Harbor Clinic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.test import Client

import clock
from tests.fixtures import TwoClinics
from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    # Its sandbox needs an account other than root.
    switches = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Playwright's loop runs in this thread, and Django would take its queries for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as running:
        yield running.chromium.launch(executable_path=BROWSER, args=switches)


@pytest.fixture
def clinics(transactional_db) -> TwoClinics:
    clock.travel_to(NOW)
    clinics = TwoClinics()
    clinics.flag = scenes.furnish(clinics, at=NOW)
    return clinics


@pytest.fixture
def page_of(browser, live_server, clinics):
    """A page signed in as recipient, without JavaScript unless it is asked for."""
    contexts = []

    def open_page(person=None, *, width: int = 1280, scripts: bool = False, **options):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            **options,
        )
        contexts.append(context)
        if person is not None:
            client = Client()
            client.force_login(person.user)
            cookie = client.cookies["session"].value
            context.add_cookies([{"name": "session", "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
