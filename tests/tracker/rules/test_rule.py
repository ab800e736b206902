"""Which flags only a clinician may close."""

from __future__ import annotations

import pytest

from tracker.rules import CATALOG, Priority, only_clinician_closes


@pytest.mark.parametrize(
    ("rule", "priority", "expected"),
    [
        pytest.param("RF-IBP", Priority.P3, True, id="a red flag, whatever its priority"),
        pytest.param("MED-DOSE", Priority.P0, True, id="P0"),
        pytest.param("MED-DOSE", Priority.P1, True, id="P1"),
        pytest.param("MED-DOSE", Priority.P2, False, id="P2"),
        pytest.param("CC-FAIL", "P3", False, id="a priority as the database has it"),
        pytest.param("GONE", "P1", True, id="P1 of a rule that is no more"),
        pytest.param("GONE", "P2", False, id="P2 of a rule that is no more"),
    ],
)
def test_red_flags_and_what_is_urgent_are_closed_by_a_clinician_only(rule, priority, expected):
    assert only_clinician_closes(CATALOG.get(rule), priority) == expected
