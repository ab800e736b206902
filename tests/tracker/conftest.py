from __future__ import annotations

import pytest

from tests.fixtures import TwoClinics


@pytest.fixture
def clinics(db: None) -> TwoClinics:
    return TwoClinics()
