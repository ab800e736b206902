from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import connection

from notifications.models import Attempt, Delivery, WorkerHeartbeat
from tests.faults.database import until
from tests.faults.processes import DISPATCHER, WORKER, Process
from tests.outgoing import at, smtp, someone, tell
from tests.smtp import SmtpSink

__all__ = ["at", "smtp", "someone", "tell"]

FIGURES = pytest.StashKey[list[str]]()


@dataclass
class Stage:
    """A dispatcher and a worker at work, and the server that takes their mail."""

    smtp: SmtpSink
    environment: dict[str, str]
    figures: list[str]
    processes: list[Process] = field(default_factory=list)

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

    def worker(self) -> Process:
        """A worker that takes work from all queues; a dispatcher must run already."""
        process = self._add("worker", WORKER).start()
        until(
            lambda: WorkerHeartbeat.objects.filter(role=WorkerHeartbeat.Role.WORKER).count() == 3,
            "heartbeats through all queues",
            seconds=30,
        )
        return process

    def mails_of(self, delivery: Delivery) -> int:
        return sum(mail.id.startswith(f"<{delivery.pk}@") for mail in self.smtp.mails)

    def attempts_of(self, delivery: Delivery) -> int:
        return Attempt.objects.filter(delivery=delivery).count()

    def until_sent(self, *deliveries: Delivery, seconds: float) -> float:
        pks = [delivery.pk for delivery in deliveries]
        sent = Delivery.objects.filter(pk__in=pks, state=Delivery.State.SENT)
        return until(lambda: sent.count() == len(pks), "all was sent", seconds=seconds)

    def note(self, figure: str) -> None:
        self.figures.append(figure)

    def _add(self, name: str, command: tuple[str, ...]) -> Process:
        process = Process(name, command, self.environment)
        self.processes.append(process)
        return process


@pytest.fixture
def stage(child_environment, smtp, settings, request):
    with connection.cursor() as cursor:
        # The servers of a test run answer before they have written. What is crashed here may not.
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    environment = child_environment | {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    stage = Stage(smtp, environment, request.config.stash[FIGURES])
    yield stage
    for process in stage.processes:
        process.end()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if config.stash[FIGURES]:
        terminalreporter.section("figures")
        for figure in config.stash[FIGURES]:
            terminalreporter.line(figure)
