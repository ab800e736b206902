"""Print in real time what happens: who is notified, acknowledges and reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, sleep

from django.conf import settings
from rich.console import Console

import clock
from demo.mailbox import Mailbox
from development.processes import Processes
from notifications.models import Urgency
from notifications.services.dispatch import heartbeats
from tracker.models import Acknowledgement, Clinician, EscalationStep, Review

POLL_SECONDS = 0.5
WORKER_SECONDS = 120

Line = tuple[datetime, str]


@dataclass
class EventFeed:
    """Turns new rows into lines, each once: fired steps, acknowledgements, reviews."""

    since: datetime
    _printed: set[object] = field(default_factory=set)

    def new_lines(self) -> list[Line]:
        lines = [*self._steps(), *self._acknowledgements(), *self._reviews()]
        return sorted(lines, key=lambda line: line[0])

    def _steps(self) -> Iterator[Line]:
        fired = EscalationStep.objects.filter(fired_at__gte=self.since)
        for step in fired.select_related("escalation__patient"):
            if self._is_new(step):
                told = Clinician.objects.filter(pk__in=step.clinicians)
                names = ", ".join(told.values_list("full_name", flat=True)) or "nobody"
                escalation = step.escalation
                assert step.fired_at is not None
                yield (
                    step.fired_at,
                    f"[bold red]{escalation.priority}[/] step {step.position} of the escalation for"
                    f" {escalation.patient.full_name}: [bold]{names}[/] is told by mail\n"
                    f"          answer at {flag_url(escalation.flag_id)}",
                )

    def _acknowledgements(self) -> Iterator[Line]:
        for answer in Acknowledgement.objects.filter(at__gte=self.since).select_related(
            "by", "escalation__patient"
        ):
            if self._is_new(answer):
                seconds = (answer.at - answer.escalation.opened_at).total_seconds()
                yield (
                    answer.at,
                    f"[bold green]acknowledged[/] by {answer.by} after {seconds:.0f} s:"
                    f" nobody else is told about {answer.escalation.patient.full_name}",
                )

    def _reviews(self) -> Iterator[Line]:
        for review in Review.objects.filter(at__gte=self.since).select_related(
            "by", "patient", "message"
        ):
            if self._is_new(review):
                yield (
                    review.at,
                    f"[bold green]decided[/] by {review.by}: {review.get_decision_display()}."
                    f" {review.patient.full_name} reads: “{review.message.text}”",
                )

    def _is_new(self, row: EscalationStep | Acknowledgement | Review) -> bool:
        key = (type(row), row.pk)
        is_new = key not in self._printed
        self._printed.add(key)
        return is_new


def await_worker(processes: Processes) -> None:
    """Wait until the worker has taken a task that the dispatcher published."""
    deadline = monotonic() + WORKER_SECONDS
    while monotonic() < deadline:
        processes.check()
        if heartbeats.is_consumed(queue=Urgency.URGENT.queue, at=clock.now()):
            return
        sleep(0.1)
    raise TimeoutError(f"The worker took no task within {WORKER_SECONDS} s.")


def flag_url(flag_id: object) -> str:
    return f"{settings.PUBLIC_URL}/console/flags/{flag_id}/"


def print_new(console: Console, feed: EventFeed) -> None:
    for at, line in feed.new_lines():
        console.print(f"{at.astimezone():%H:%M:%S}  {line}", soft_wrap=True, highlight=False)


def follow(console: Console, feed: EventFeed, processes: Processes) -> None:
    """Print until Ctrl-C, and restart processes that end."""
    while True:
        print_new(console, feed)
        processes.check()
        sleep(POLL_SECONDS)


def await_first_mail(feed: EventFeed, mailbox: Mailbox, *, address: str, seconds: float) -> float:
    """Return the seconds until mail to the address came; for `--check`."""
    while (waited := (clock.now() - feed.since).total_seconds()) < seconds:
        if any(mail.at >= feed.since for mail in mailbox.to(address)):
            return waited
        sleep(0.1)
    raise TimeoutError(f"No mail to {address} within {seconds:.0f} s.")
