from __future__ import annotations

import pytest

from tests.backend.invariants.history import ClinicHistory
from tests.tracker.conftest import cast

__all__ = ["cast"]


@pytest.fixture
def history(cast) -> ClinicHistory:
    return ClinicHistory(cast)
