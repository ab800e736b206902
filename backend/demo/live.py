"""Real time: one phone raises an alarm, and the terminal tells who is told of it, when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, sleep

from django.conf import settings
from rich.console import Console

import clock
from backend.demo.mailbox import Mailbox
from backend.demo.processes import Processes
from notifications.models import Urgency
from notifications.services.dispatch import heartbeats
from tracker.models import Acknowledgement, Clinician, EscalationStep, Review

POLL_SECONDS = 0.5
CREW_SECONDS = 120

Line = tuple[datetime, str]


@dataclass
class Watch:
    """Says once what the clinic's rows tell: a step fired, an answer, a decision."""

    since: datetime
    _told: set[object] = field(default_factory=set)

    def news(self) -> list[Line]:
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
                    f"[bold red]{escalation.priority}[/] step {step.position} of the ladder for"
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
        is_new = key not in self._told
        self._told.add(key)
        return is_new


def await_crew(processes: Processes) -> None:
    """Until the dispatcher has come round and the worker has taken something from it."""
    deadline = monotonic() + CREW_SECONDS
    while monotonic() < deadline:
        processes.check()
        if heartbeats.is_consumed(queue=Urgency.URGENT.queue, at=clock.now()):
            return
        sleep(0.1)
    raise TimeoutError("The worker and the dispatcher did not meet.")


def flag_url(flag_id: object) -> str:
    return f"{settings.PUBLIC_URL}/console/flags/{flag_id}/"


def tell(console: Console, watch: Watch) -> None:
    for at, line in watch.news():
        console.print(f"{at.astimezone():%H:%M:%S}  {line}", soft_wrap=True, highlight=False)


def follow(console: Console, watch: Watch, processes: Processes) -> None:
    """Tell until Ctrl-C, or until a process of ours has ended."""
    while True:
        tell(console, watch)
        processes.check()
        sleep(POLL_SECONDS)


def await_first_mail(watch: Watch, mailbox: Mailbox, *, address: str, seconds: float) -> float:
    """How long it took until the first person on the ladder had mail; for `--check`."""
    while (waited := (clock.now() - watch.since).total_seconds()) < seconds:
        if any(mail.at >= watch.since for mail in mailbox.to(address)):
            return waited
        sleep(0.1)
    raise TimeoutError(f"No mail to {address} within {seconds:.0f} s.")
