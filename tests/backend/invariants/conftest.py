from __future__ import annotations

import pytest

from tests.backend.invariants.history import ClinicHistory
from tests.tracker.conftest import clinics

__all__ = ["clinics"]


@pytest.fixture
def history(clinics) -> ClinicHistory:
    return ClinicHistory(clinics)
