"""Schedulers with a broker and executors of the test."""

from __future__ import annotations

from backend.dispatcher.executors import InlineExecutor
from backend.dispatcher.scheduler import Scheduler
from notifications.models import Urgency


class FakeBroker:
    """Accepts messages that no worker reads."""

    def __init__(self, *, fails: bool = False) -> None:
        self.is_open = True
        self.fails = fails
        self.published: list[tuple[str, str]] = []

    def publish(self, task, *, queue, **arguments):
        if self.fails:
            return False
        self.published.append((queue, *arguments.values()))
        return True


class FullExecutor:
    def capacity(self):
        return 0

    def submit(self, delivery_id):
        raise AssertionError("there was no capacity")


def make(*, broker=None, jobs=(), executor=None, outstanding=200):
    return Scheduler(
        executors=dict.fromkeys(Urgency, executor or InlineExecutor()),
        broker=broker,
        jobs=jobs,
        outstanding=outstanding,
    )
