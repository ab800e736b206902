from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from celery import current_app
from django.db import DatabaseError, InterfaceError, close_old_connections

import clock
from backend.auditor import rounds
from backend.dispatcher.beside import Beside, audit
from backend.dispatcher.broker import Broker
from backend.dispatcher.hands import ThreadHands
from backend.dispatcher.rounds import Dispatcher
from backend.dispatcher.timers import TIMERS, Timer
from backend.dispatcher.wake import Bell, Ear, listening
from notifications.models import Urgency
from notifications.services.dispatch import dispatch_hints, heartbeats
from notifications.tasks import beat
from tracker.services import ladder_timers

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
BEAT = timedelta(seconds=10)
LONGEST_PAUSE_SECONDS = 5.0

_DATABASE_GONE = (DatabaseError, InterfaceError, psycopg.Error)


class Loop:
    """Runs the dispatcher until a signal stops it, through restarts of PostgreSQL."""

    def __init__(self) -> None:
        self._is_stopping = False
        self._pause = 0.0
        self._bell = Bell()
        self._broker = Broker(current_app)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._hands = {urgency: ThreadHands(when_free=self._bell.ring) for urgency in Urgency}
        beating = Timer(name="heartbeat", run=self._beat, every=BEAT)
        # The last of them: it is to find what the others left, not what they are about to do.
        auditing = Timer(name="auditor", run=Beside("auditor", audit).begin, every=rounds.EVERY)
        self._dispatcher = Dispatcher(
            hands=self._hands, broker=self._broker, timers=(beating, *TIMERS, auditing)
        )

    def run(self) -> None:
        with self._until_signal():
            while not self._is_stopping:
                try:
                    with listening(self._bell) as ear:
                        logger.info("dispatcher is listening")
                        self._work(ear)
                except _DATABASE_GONE as error:
                    logger.warning("the database is gone", extra={"outcome": type(error).__name__})
                    close_old_connections()
                    self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2 or 0.25)
                    self._bell.wait(self._pause)
        for hands in self._hands.values():
            hands.stop()

    def stop(self, *_: Any) -> None:
        self._is_stopping = True
        self._bell.ring()

    def _work(self, ear: Ear) -> None:
        while not self._is_stopping:
            at = clock.now()
            did = self._dispatcher.tick(at)
            self._pause = 0.0
            if not did:
                ear.wait(seconds_until_due(at))

    def _beat(self, *, at: datetime, limit: int) -> int:
        heartbeats.beat_dispatcher(name=self._name, at=at)
        for urgency in Urgency:
            self._broker.publish(beat, queue=urgency.queue, read_from=urgency.queue)
        return 0

    @contextmanager
    def _until_signal(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self.stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def seconds_until_due(at: datetime) -> float:
    due = (dispatch_hints.next_due_at(), ladder_timers.next_due_at(after=at))
    waits = [(each - at).total_seconds() for each in due if each is not None]
    return max(0.0, min(POLL_SECONDS, *waits)) if waits else POLL_SECONDS
