from __future__ import annotations

import time

import pytest

from backend import auditor
from backend.auditor import CHECKS, rounds
from backend.auditor.check import find_one
from tests.backend.auditor.conftest import Scene
from tests.performance.years import ROWS, fill


@pytest.fixture
def scene(clinics) -> Scene:
    scene = Scene(clinics)
    fill()
    return scene


def test_a_round_of_the_auditor_and_a_scrape_over_years_of_rows(scene, figures, client):
    """PostgreSQL works meanwhile, so the clock counts and not this process's CPU."""
    at = scene.later(seconds=10)
    slowest = max((_milliseconds(check, at), check.name) for check in CHECKS)
    done = [rounds.run(at=scene.later(minutes=1)).milliseconds for _ in range(3)]

    figures.measure(
        "a scrape of /metrics over the same",
        lambda: client.get("/metrics"),
        times=5,
        note=f"{_scrape(client):.0f} ms by the clock",
    )
    figures.measure(
        f"every law over every row, {ROWS} of each ledger",
        lambda: auditor.find_violations(at=at),
        times=1,
        note=f"a round of a minute: {min(done)} ms by the clock; its slowest law"
        f" {slowest[0]:.0f} ms ({slowest[1]})",
    )


def _milliseconds(check, at) -> float:
    started = time.perf_counter()
    find_one(check, at=at, newest=rounds.NEWEST)
    return 1000 * (time.perf_counter() - started)


def _scrape(client) -> float:
    assert client.get("/metrics").status_code == 200  # the first one also imports
    started = time.perf_counter()
    client.get("/metrics")
    return 1000 * (time.perf_counter() - started)
