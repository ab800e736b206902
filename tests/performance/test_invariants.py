from __future__ import annotations

import time

import pytest

from backend.invariants import find_violations, periodic_check, sql_invariants
from tests.backend.invariants.history import ClinicHistory
from tests.performance.years import ROWS, fill


@pytest.fixture
def history(clinics) -> ClinicHistory:
    history = ClinicHistory(clinics)
    fill()
    return history


def test_a_periodic_check_and_a_scrape_over_years_of_rows(history, figures, client):
    """PostgreSQL works meanwhile, so the clock counts and not this process's CPU."""
    at = history.later(seconds=10)
    slowest = max((_milliseconds(check, at), check.name) for check in sql_invariants())
    done = [periodic_check.run(at=history.later(minutes=1)).milliseconds for _ in range(3)]

    figures.measure(
        "a scrape of /metrics over the same",
        lambda: client.get("/metrics"),
        times=5,
        note=f"{_scrape(client):.0f} ms by the clock",
    )
    figures.measure(
        f"every invariant over every row, {ROWS} of each ledger",
        lambda: find_violations(at=at),
        times=1,
        note=f"a check of a minute: {min(done)} ms by the clock; its slowest query"
        f" {slowest[0]:.0f} ms ({slowest[1]})",
    )


def _milliseconds(check, at) -> float:
    started = time.perf_counter()
    check.violation(at=at, newest=periodic_check.NEWEST)
    return 1000 * (time.perf_counter() - started)


def _scrape(client) -> float:
    assert client.get("/metrics").status_code == 200  # the first one also imports
    started = time.perf_counter()
    client.get("/metrics")
    return 1000 * (time.perf_counter() - started)
