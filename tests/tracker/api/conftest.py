from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from tests.api_client import ApiClient
from tests.cast import MONDAY_EVENING, Cast


@pytest.fixture
def _monday_evening(db: None) -> None:
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=1))


@pytest.fixture
def alice(cast: Cast, _monday_evening: None) -> ApiClient:
    return ApiClient.signed_in(cast.alice)
