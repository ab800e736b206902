from __future__ import annotations

import contextlib
import os
import select
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from notifications.outbox import WAKE_CHANNEL


class Bell:
    """Wakes the dispatcher from another thread or from a signal handler."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # It is ringing already.
            os.write(self._write, b"!")

    def wait(self, seconds: float) -> None:
        """Return when it rings, at the latest after `seconds`."""
        select.select([self], [], [], seconds)
        self.silence()

    def silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 1024):
                pass

    def fileno(self) -> int:
        return self._read


class Ear:
    """Hears the bell and the database's NOTIFY, on a connection of its own."""

    def __init__(self, bell: Bell, listening: psycopg.Connection[Any]) -> None:
        self._bell = bell
        self._listening = listening
        self._selector = selectors.DefaultSelector()
        self._selector.register(bell, selectors.EVENT_READ)
        self._selector.register(listening.fileno(), selectors.EVENT_READ)

    def wait(self, seconds: float) -> None:
        """Return when there is something to hear, at the latest after `seconds`.

        Raises `psycopg.OperationalError` when the connection is lost.
        """
        self._selector.select(seconds)
        self._bell.silence()
        for _ in self._listening.notifies(timeout=0):
            pass


@contextmanager
def listening(bell: Bell) -> Iterator[Ear]:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters, autocommit=True) as own:
        own.execute(f"LISTEN {WAKE_CHANNEL}")
        yield Ear(bell, own)
