from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest
from django.db import connection

import clock
from notifications import outbox
from tests.faults.database import deadlocks, until
from tests.faults.processes import DISPATCHER, WEB, WORKER, Process, free_port
from tests.fixtures import NEW_YORK, TwoClinics
from tests.journeys.desk import Desk
from tests.journeys.phone import Phone
from tests.outgoing import smtp
from tests.smtp import Mail, SmtpSink

__all__ = ["smtp"]

ASKED = "Lumbar: your answer is needed"


@dataclass
class Town:
    """Web, worker and dispatcher at work, and the server that takes their mail."""

    address: str
    smtp: SmtpSink
    clinics: TwoClinics
    lines: ExitStack

    def phone(self) -> Phone:
        return Phone(self._client("/api/v1/"), NEW_YORK)

    def desk(self) -> Desk:
        return Desk(self._client("/"))

    def _client(self, path: str) -> httpx.Client:
        client = httpx.Client(base_url=self.address + path, follow_redirects=True, timeout=60)
        return self.lines.enter_context(client)

    def travel_to(self, at) -> None:
        """It is that time now, for every process; the dispatcher is told to look."""
        clock.travel_to(at)
        outbox.wake_dispatcher()

    def mail_to(self, address: str, subject: str = ASKED) -> Mail:
        """The first mail with this subject to this address, when it has come."""
        until(lambda: self._mails(address, subject), f"{subject!r} to {address}", seconds=60)
        return self._mails(address, subject)[0]

    def _mails(self, address: str, subject: str) -> list[Mail]:
        return [mail for mail in self.smtp.to(address) if mail.message["Subject"] == subject]


@pytest.fixture
def has_broker() -> bool:
    return True


@pytest.fixture
def town(has_broker, child_environment, smtp, settings) -> Iterator[Town]:
    port = free_port()
    environment = child_environment | {
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "WEB_WORKERS": "1",
    }
    if not has_broker:
        environment["BROKER_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    commands = {
        "web": WEB,
        "dispatcher": DISPATCHER,
        "worker": WORKER,
    }
    processes = [Process(name, each, environment).start() for name, each in commands.items()]
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(address), "the web server", seconds=120)
        with ExitStack() as lines:
            yield Town(address, smtp, TwoClinics(), lines)
    finally:
        for process in processes:
            process.end()
        connection.close()
    assert deadlocks() == 0


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").is_success
    except httpx.TransportError:
        return False
