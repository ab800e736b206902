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
from backend.dispatcher import timers
from backend.dispatcher.background_job import BackgroundJob
from backend.dispatcher.broker import Broker
from backend.dispatcher.executors import ThreadExecutor
from backend.dispatcher.scheduler import Scheduler
from backend.dispatcher.timers import Job
from backend.dispatcher.wake import NotifyListener, WakeEvent, listening
from backend.invariants import heartbeat, periodic_check
from notifications.models import Urgency
from notifications.services.dispatch import dispatch_hints, heartbeats
from notifications.tasks import beat

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
        self._wake_event = WakeEvent()
        self._broker = Broker(current_app)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._executors = {
            urgency: ThreadExecutor(when_free=self._wake_event.set) for urgency in Urgency
        }
        checking = BackgroundJob("invariant check", check_invariants)
        self._scheduler = Scheduler(
            executors=self._executors,
            broker=self._broker,
            jobs=(
                Job(name="heartbeat", run=self._beat, every=BEAT),
                *timers.JOBS,
                *timers.TIMERS,
                # The last one: it finds what the others left, not what they are about to do.
                Job(name="invariant check", run=checking.start, every=periodic_check.EVERY),
            ),
        )

    def run(self) -> None:
        with self._until_signal():
            while not self._is_stopping:
                try:
                    with listening(self._wake_event) as listener:
                        logger.info("dispatcher is listening")
                        self._work(listener)
                except _DATABASE_GONE as error:
                    logger.warning("the database is gone", extra={"outcome": type(error).__name__})
                    close_old_connections()
                    self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2 or 0.25)
                    self._wake_event.wait(self._pause)
        for executor in self._executors.values():
            executor.stop()

    def stop(self, *_: Any) -> None:
        self._is_stopping = True
        self._wake_event.set()

    def _work(self, listener: NotifyListener) -> None:
        while not self._is_stopping:
            at = clock.now()
            done = self._scheduler.run_once(at)
            self._pause = 0.0
            if not done:
                listener.wait(seconds_until_due(at))

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


def check_invariants(at: datetime) -> None:
    """Check as of the run that has just fired the timers; then send the heartbeat."""
    if periodic_check.run(at=at):
        heartbeat.beat(at=clock.now())


def seconds_until_due(at: datetime) -> float:
    urgent = [timer for timer in timers.TIMERS if timer.is_urgent]
    # An urgent timer that is due and did not fire waits for the poll.
    due = (dispatch_hints.next_due_at(), timers.next_due_at(urgent, after=at))
    waits = [(each - at).total_seconds() for each in due if each is not None]
    return max(0.0, min(POLL_SECONDS, *waits)) if waits else POLL_SECONDS
