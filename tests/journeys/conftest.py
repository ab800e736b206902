from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from django.db import connection

from tests.faults.database import deadlocks, until
from tests.faults.processes import DISPATCHER, WEB, WORKER, Process, free_port
from tests.fixtures import TwoClinics
from tests.journeys.system import System
from tests.outgoing import smtp

__all__ = ["smtp"]


@pytest.fixture
def has_broker() -> bool:
    return True


@pytest.fixture
def system(has_broker, child_environment, smtp, settings) -> Iterator[System]:
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
            yield System(address, smtp, TwoClinics(), lines)
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
