"""Figures for people: nothing here fails because a machine is slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import pytest

from tests.tracker.conftest import clinics

__all__ = ["clinics"]

FIGURES = pytest.StashKey["Figures"]()


@dataclass
class Figures:
    """Rows of a table: what was measured, how often, milliseconds of CPU."""

    rows: list[tuple[str, int, str, str, str]] = field(default_factory=list)

    def measure(self, what: str, work: Callable[[], object], *, times: int, note: str = "") -> None:
        spent = [_milliseconds(work) for _ in range(times)]
        self.rows.append((what, times, f"{median(spent):.2f}", f"{min(spent):.2f}", note))


def _milliseconds(work: Callable[[], object]) -> float:
    """Return the CPU time of this process, which other processes affect little."""
    before = time.process_time()
    work()
    return 1000 * (time.process_time() - before)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = Figures()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    return request.config.stash[FIGURES]


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    rows = config.stash[FIGURES].rows
    if not rows:
        return
    terminalreporter.section("CPU milliseconds")
    terminalreporter.line("| what | times | median | best | |")
    terminalreporter.line("|---|---|---|---|---|")
    for row in rows:
        terminalreporter.line("| " + " | ".join(map(str, row)) + " |")
