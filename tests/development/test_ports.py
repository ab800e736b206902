from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from development import ports


@pytest.fixture
def taken(monkeypatch) -> Iterator[int]:
    """A port in use, in an environment that requests no port."""
    monkeypatch.setattr(os, "environ", {})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_requested_port_in_use_is_reported(taken):
    os.environ["PORT"] = str(taken)

    with pytest.raises(ports.PortTaken, match=f"Port {taken} is in use"):
        ports.choose()


def test_a_default_port_in_use_is_replaced_by_the_next_free_one(taken, monkeypatch):
    monkeypatch.setattr(ports, "WEB", taken)

    chosen = ports.choose()

    assert chosen.web > taken


def test_the_settings_are_passed_in_the_environment(taken):
    chosen = ports.choose()

    assert os.environ["PUBLIC_URL"] == f"http://localhost:{chosen.web}"
    assert os.environ["EMAIL_URL"] == f"smtp://127.0.0.1:{chosen.smtp}"
    assert ports.Ports.from_environment() == chosen


@pytest.mark.parametrize("word", ["http", "0", "70000", "-1"])
def test_an_invalid_port_is_reported(taken, word):
    os.environ["PORT"] = word

    with pytest.raises(ports.PortTaken, match="from 1 to 65535"):
        ports.choose()
