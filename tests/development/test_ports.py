from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from development import ports


@pytest.fixture
def taken(monkeypatch) -> Iterator[int]:
    """A port that somebody listens on, in an environment that asks for nothing."""
    monkeypatch.setattr(os, "environ", {})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_in_words(taken):
    os.environ["PORT"] = str(taken)

    with pytest.raises(ports.PortTaken, match=f"Port {taken} is in use"):
        ports.choose()


def test_a_port_that_nobody_asked_for_gives_way_to_the_next_free_one(taken, monkeypatch):
    monkeypatch.setattr(ports, "WEB", taken)

    chosen = ports.choose()

    assert chosen.web > taken


def test_the_settings_are_told_by_the_environment(taken):
    chosen = ports.choose()

    assert os.environ["PUBLIC_URL"] == f"http://localhost:{chosen.web}"
    assert os.environ["EMAIL_URL"] == f"smtp://127.0.0.1:{chosen.smtp}"
    assert ports.Ports.from_environment() == chosen


@pytest.mark.parametrize("word", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_an_error_in_words(taken, word):
    os.environ["PORT"] = word

    with pytest.raises(ports.PortTaken, match="from 1 to 65535"):
        ports.choose()
