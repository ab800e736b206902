from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

import clock
from tests.fixtures import TwoClinics
from tests.tracker.console import scenes
from tracker.models import Clinician, Flag, User

#: Monday 2026-03-30, 9:00 in New York, four weeks into Alice's episode.
NOW = datetime(2026, 3, 30, 13, 0, tzinfo=UTC)


def signed_in(user: User | Clinician) -> Client:
    client = Client()
    client.force_login(user.user if isinstance(user, Clinician) else user)
    return client


@pytest.fixture
def flag(clinics: TwoClinics) -> Flag:
    """Alice's more urgent flag, in a clinic with everything in it; it is `NOW`."""
    clock.travel_to(NOW)
    return scenes.furnish(clinics, at=NOW)


@pytest.fixture
def nora(clinics: TwoClinics, flag: Flag) -> Client:
    return signed_in(clinics.nora)


@pytest.fixture
def ada(clinics: TwoClinics, flag: Flag) -> Client:
    return signed_in(clinics.ada)
