from __future__ import annotations

import pytest
from django.test import Client

import clock
from tests.fixtures import TwoClinics
from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import signed_in
from tests.tracker.console.console_pages import Page, pages_of
from tracker.models import Flag


@pytest.fixture
def flag(clinics: TwoClinics) -> Flag:
    """Alice's more urgent flag, in a clinic with everything in it; it is `NOW`."""
    clock.travel_to(NOW)
    return clinic_data.fill_clinic(clinics, at=NOW)


@pytest.fixture
def nora(clinics: TwoClinics, flag: Flag) -> Client:
    return signed_in(clinics.nora)


@pytest.fixture
def ada(clinics: TwoClinics, flag: Flag) -> Client:
    return signed_in(clinics.ada)


@pytest.fixture
def pages(clinics: TwoClinics, flag: Flag) -> list[Page]:
    """Every page of the console, with ids of Harbor Clinic in its URL."""
    return pages_of(clinics, flag)
