from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from tests.cast import MONDAY_EVENING, Cast
from tests.tracker.api.phone import Phone


@pytest.fixture
def _monday_evening(db: None) -> None:
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=1))


@pytest.fixture
def alice(cast: Cast, _monday_evening: None) -> Phone:
    return Phone.of(cast.alice)
