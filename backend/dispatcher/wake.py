"""Wake the dispatcher before its next poll: from a thread, a signal handler, or by NOTIFY."""

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


class WakeEvent:
    """An event that a selector can wait for; safe to set in a signal handler."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def set(self) -> None:
        with contextlib.suppress(BlockingIOError):  # the pipe is full: it is set already
            os.write(self._write, b"!")

    def wait(self, seconds: float) -> None:
        """Return when it is set, after `seconds` at the latest, and clear it."""
        select.select([self], [], [], seconds)
        self.clear()

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 1024):
                pass

    def fileno(self) -> int:
        return self._read


class NotifyListener:
    """Waits for the wake event or the database's NOTIFY, on a connection of its own."""

    def __init__(self, event: WakeEvent, listening: psycopg.Connection[Any]) -> None:
        self._event = event
        self._listening = listening
        self._selector = selectors.DefaultSelector()
        self._selector.register(event, selectors.EVENT_READ)
        self._selector.register(listening.fileno(), selectors.EVENT_READ)

    def wait(self, seconds: float) -> None:
        """Return when either happens, after `seconds` at the latest.

        Raises `psycopg.OperationalError` when the connection is lost.
        """
        self._selector.select(seconds)
        self._event.clear()
        for _ in self._listening.notifies(timeout=0):
            pass


@contextmanager
def listening(event: WakeEvent) -> Iterator[NotifyListener]:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters, autocommit=True) as own:
        own.execute(f"LISTEN {WAKE_CHANNEL}")
        yield NotifyListener(event, own)
