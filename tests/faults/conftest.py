from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from django.db import connection

import clock
from backend.invariants import find_violations
from notifications.models import Attempt, Delivery, WorkerHeartbeat
from tests.cast import MONDAY_EVENING
from tests.faults.database import deadlocks, until
from tests.faults.processes import DISPATCHER, WEB, WORKER, Process, free_port
from tests.outgoing import smtp, someone, tell
from tests.smtp import SmtpSink

__all__ = ["smtp", "someone", "tell"]

FIGURE = "figure"


@dataclass
class Stage:
    """Lumbar's processes at work, and the server that takes their mail."""

    smtp: SmtpSink
    environment: dict[str, str]
    node: pytest.Item
    processes: list[Process] = field(default_factory=list)
    #: Where the processes write what they say; otherwise to the test's own output.
    logs: Path | None = None

    def dispatcher(self, name: str = "dispatcher") -> Process:
        process = self._add(name, DISPATCHER)
        role = WorkerHeartbeat.Role.DISPATCHER
        before = WorkerHeartbeat.objects.filter(role=role).count()
        process.start()
        until(
            lambda: WorkerHeartbeat.objects.filter(role=role).count() > before,
            f"a heartbeat of the {name}",
            seconds=30,
        )
        return process

    def worker(self, command: tuple[str, ...] = WORKER) -> Process:
        """A worker that takes work from all queues; a dispatcher must run already."""
        process = self._add("worker", command).start()
        until(
            lambda: WorkerHeartbeat.objects.filter(role=WorkerHeartbeat.Role.WORKER).count() == 3,
            "heartbeats through all queues",
            seconds=30,
        )
        return process

    def web(self) -> tuple[Process, int]:
        """The web server with two processes, and its port."""
        port = free_port()
        self.environment |= {"PORT": str(port), "WEB_WORKERS": "2"}
        process = self._add("web", WEB).start()
        self.until_web_answers(port)
        return process, port

    def until_web_answers(self, port: int) -> float:
        return until(lambda: answers(port), "an answer of the web server", seconds=60)

    def mails_of(self, delivery: Delivery) -> int:
        return sum(mail.id.startswith(f"<{delivery.pk}@") for mail in self.smtp.mails)

    def attempts_of(self, delivery: Delivery) -> int:
        return Attempt.objects.filter(delivery=delivery).count()

    def until_sent(self, *deliveries: Delivery, seconds: float) -> float:
        pks = [delivery.pk for delivery in deliveries]
        sent = Delivery.objects.filter(pk__in=pks, state=Delivery.State.SENT)
        return until(lambda: sent.count() == len(pks), "all was sent", seconds=seconds)

    def note(self, figure: str) -> None:
        """A line for the table of figures, under the promises that the test is marked with."""
        marker = self.node.get_closest_marker("promise")
        self.node.user_properties.append((FIGURE, f"{' '.join(marker.args):12} {figure}"))

    def _add(self, name: str, command: tuple[str, ...]) -> Process:
        log = self.logs / f"{name}.log" if self.logs else None
        process = Process(name, command, self.environment, log)
        self.processes.append(process)
        return process


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def at(transactional_db):
    """It is the same Monday evening at whatever hour the test runs: UTC is a day ahead of all.

    The hosts of the processes think otherwise, and are not to be asked.
    """
    clock.travel_to(MONDAY_EVENING)
    return clock.now()


@pytest.fixture
def stage(at, child_environment, smtp, settings, request):
    with connection.cursor() as cursor:
        # The servers of a test run answer before they have written. What is crashed here may not.
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    environment = child_environment | {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    stage = Stage(smtp, environment, request.node)
    try:
        yield stage
    finally:
        for process in stage.processes:
            process.end()
    assert find_violations(at=clock.now()) == []
    assert deadlocks() == 0


@pytest.fixture
def broker_to_stop(cluster):
    yield cluster.valkey
    cluster.valkey.start()


def pytest_terminal_summary(terminalreporter) -> None:
    """What was measured, by promise; with xdist the reports bring it here."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    figures = {value for each in reports for name, value in each.user_properties if name == FIGURE}
    if figures:
        terminalreporter.section("figures")
        for figure in sorted(figures):
            terminalreporter.line(figure)
