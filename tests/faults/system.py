"""The running system of a fault test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from notifications.models import Attempt, Delivery, WorkerHeartbeat
from tests.faults.database import until
from tests.faults.processes import DISPATCHER, WEB, WORKER, Process, free_port
from tests.smtp import SmtpSink

FIGURE = "figure"


@dataclass
class System:
    """Lumbar's processes, and the server that receives their mail."""

    smtp: SmtpSink
    environment: dict[str, str]
    node: pytest.Item
    processes: list[Process] = field(default_factory=list)
    #: The directory of the processes' logs; without it they write to the test's output.
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
        """Start a worker of all queues; a dispatcher must run already."""
        process = self._add("worker", command).start()
        until(
            lambda: WorkerHeartbeat.objects.filter(role=WorkerHeartbeat.Role.WORKER).count() == 3,
            "heartbeats through all queues",
            seconds=30,
        )
        return process

    def web(self) -> tuple[Process, int]:
        """Start the web server with two processes; return it and its port."""
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
        """Add a line to the figures, with the invariants that the test is marked with."""
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
