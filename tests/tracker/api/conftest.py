from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from tests.api_client import ApiClient
from tests.fixtures import MONDAY_EVENING, TwoClinics


@pytest.fixture
def _monday_evening(db: None) -> None:
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=1))


@pytest.fixture
def alice(clinics: TwoClinics, _monday_evening: None) -> ApiClient:
    return ApiClient.signed_in(clinics.alice)
