from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

import clock
from tests.cast import Cast
from tests.tracker.console import clinic_data
from tracker.models import Clinician, Flag, User

#: Monday 2026-03-30, 9:00 in New York, four weeks into Alice's episode.
NOW = datetime(2026, 3, 30, 13, 0, tzinfo=UTC)


def signed_in(user: User | Clinician) -> Client:
    client = Client()
    client.force_login(user.user if isinstance(user, Clinician) else user)
    return client


@pytest.fixture
def flag(cast: Cast) -> Flag:
    """Alice's more urgent flag, in a clinic with everything in it; it is `NOW`."""
    clock.travel_to(NOW)
    return clinic_data.furnish(cast, at=NOW)


@pytest.fixture
def nora(cast: Cast, flag: Flag) -> Client:
    return signed_in(cast.nora)


@pytest.fixture
def ada(cast: Cast, flag: Flag) -> Client:
    return signed_in(cast.ada)
