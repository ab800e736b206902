from __future__ import annotations

import pytest
from django.db import connection

import clock
from backend.invariants import find_violations
from tests.faults.database import deadlocks
from tests.faults.system import FIGURE, System
from tests.fixtures import MONDAY_EVENING
from tests.outgoing import enqueue, recipient, smtp

__all__ = ["enqueue", "recipient", "smtp"]


@pytest.fixture
def at(transactional_db):
    """Set the database's clock to a Monday evening, whose date differs in UTC and New York.

    The processes must not use the clock of the machine, which shows another time.
    """
    clock.travel_to(MONDAY_EVENING)
    return clock.now()


@pytest.fixture
def system(at, child_environment, smtp, settings, request):
    with connection.cursor() as cursor:
        # Test servers answer before they have written to disk; those that are crashed must not.
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    environment = child_environment | {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    system = System(smtp, environment, request.node)
    try:
        yield system
    finally:
        for process in system.processes:
            process.end()
    assert find_violations(at=clock.now()) == []
    assert deadlocks() == 0


@pytest.fixture
def broker_to_stop(cluster):
    yield cluster.valkey
    cluster.valkey.start()


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the figures by invariant; with xdist they come with the reports."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    figures = {value for each in reports for name, value in each.user_properties if name == FIGURE}
    if figures:
        terminalreporter.section("figures")
        for figure in sorted(figures):
            terminalreporter.line(figure)
