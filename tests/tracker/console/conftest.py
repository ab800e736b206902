from __future__ import annotations

import pytest
from django.test import Client

import clock
from tests.cast import Cast
from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import signed_in
from tests.tracker.console.console_pages import Page, pages_of
from tracker.models import Flag


@pytest.fixture
def flag(cast: Cast) -> Flag:
    """Alice's more urgent flag, in a clinic with everything in it; it is `NOW`."""
    clock.travel_to(NOW)
    return clinic_data.fill_clinic(cast, at=NOW)


@pytest.fixture
def nora(cast: Cast, flag: Flag) -> Client:
    return signed_in(cast.nora)


@pytest.fixture
def ada(cast: Cast, flag: Flag) -> Client:
    return signed_in(cast.ada)


@pytest.fixture
def pages(cast: Cast, flag: Flag) -> list[Page]:
    """Every page of the console, with ids of Harbor Clinic in its URL."""
    return pages_of(cast, flag)
