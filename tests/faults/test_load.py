"""Overload, and a delivery that kills its process: all others are sent, in their order."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.test import Client

import clock
from notifications import outbox
from notifications.models import ContactPoint, Delivery, Notification, Recipient
from notifications.services.deliveries.claims import LEASE
from tests.faults.care_teams import lateness, make_teams, open_escalations
from tests.faults.database import until
from tests.faults.processes import Process
from tests.faults.system import System
from tracker.models import EscalationStep

pytestmark = pytest.mark.fault

State = Delivery.State
BACKLOG = 10_000
URGENT = 100
#: Answers that open nine red flags at once.
SIGNS = (
    *("saddle_numbness", "bladder_change", "leg_weakness", "weakness_worsening_fast"),
    *("major_trauma", "fever_or_rigors", "new_pain_after_cancer", "sudden_severe_pain"),
    *("collapse", "pulsating_abdomen", "chest_pain", "breathless_or_sweating"),
    *("gi_bleeding", "faint", "hard_to_wake", "slow_breathing"),
)
#: CPU seconds of our processes for one mail.
MOST_CPU_SECONDS = 0.1


def overdue(count: int, urgency: outbox.Urgency) -> None:
    """Create notices that are due for five minutes, each for another recipient."""
    at = clock.now() - timedelta(minutes=5)
    people = Recipient.objects.bulk_create(
        Recipient(language="en", time_zone="Etc/UTC") for _ in range(count)
    )
    points = ContactPoint.objects.bulk_create(
        ContactPoint(
            recipient=person,
            channel="email",
            address=f"{urgency.queue}-{number}@example.org",
            verified_at=at,
        )
        for number, person in enumerate(people)
    )
    notices = Notification.objects.bulk_create(
        Notification(
            recipient=person,
            kind=outbox.Kind.ESCALATION,
            group=f"{urgency.queue}:{number}",
            urgency=urgency,
            link="/console/",
            created_at=at,
            expires_at=at + timedelta(days=1),
        )
        for number, person in enumerate(people)
    )
    Delivery.objects.bulk_create(
        Delivery(
            notification=notice,
            contact_point=point,
            channel="email",
            urgency=urgency,
            expires_at=notice.expires_at,
            next_attempt_at=at,
            attempts_allowed=10,
        )
        for notice, point in zip(notices, points, strict=True)
    )


def state_of(urgency: outbox.Urgency) -> dict[str, int]:
    states = Delivery.objects.filter(urgency=urgency).values_list("state", flat=True)
    return {state: list(states).count(state) for state in set(states)}


def arrivals(system: System, urgency: outbox.Urgency) -> list[float]:
    return [mail.arrived for mail in system.smtp.mails if mail.address.startswith(urgency.queue)]


@pytest.mark.promise("I3", "I6")
def test_ten_thousand_overdue_deliveries_delay_no_urgent_delivery_and_no_escalation(
    system, transactional_db
):
    teams = make_teams(10, 1, 15)
    processes = [system.dispatcher(), system.worker()]
    overdue(URGENT, outbox.Urgency.URGENT)
    overdue(BACKLOG - URGENT, outbox.Urgency.ROUTINE)

    started, used = monotonic(), sum(process.cpu_seconds for process in processes)
    sent_before = len(system.smtp.mails)
    escalations = open_escalations(teams)
    until(lambda: state_of(outbox.Urgency.URGENT) == {State.SENT: URGENT + 10}, "all", seconds=120)
    urgent = arrivals(system, outbox.Urgency.URGENT)
    sleep(max(0.0, 20 - (monotonic() - started)))
    used = sum(process.cpu_seconds for process in processes) - used
    sent, seconds = len(system.smtp.mails) - sent_before, monotonic() - started

    late = [lateness(escalation) for escalation in escalations]
    steps = EscalationStep.objects.filter(fired_at__isnull=False).values_list("due_at", "fired_at")
    fired = [(fired_at - due_at).total_seconds() for due_at, fired_at in steps]
    ahead = sum(arrived < max(urgent) for arrived in arrivals(system, outbox.Urgency.ROUTINE))
    addresses = [mail.address for mail in system.smtp.mails]
    system.note(
        f"{BACKLOG} overdue: {sent / seconds:.0f} mails/s, {used / sent * 1000:.0f} ms of a"
        f" processor for each; {URGENT} urgent ones sent {max(urgent) - min(urgent):.1f} s after"
        f" the first, {ahead} of {BACKLOG - URGENT} others before the last of them;"
        f" {len(escalations)} steps fired late by at most {max(fired):.1f} s,"
        f" their calls by {max(late):.1f} s"
    )
    assert len(addresses) == len(set(addresses))
    assert ahead < BACKLOG / 10
    assert len(fired) == len(escalations)
    assert max(fired) < 15
    # CPU time: wall time depends on what else the machine does.
    assert used / sent < MOST_CPU_SECONDS


@pytest.mark.promise("I7")
def test_three_hundred_flags_for_one_nurse_are_bundled_into_few_messages(system, transactional_db):
    (team,) = make_teams(1, 1, 15)
    teams = team.with_patients(34)
    system.dispatcher()
    system.worker()

    soon = clock.now() - timedelta(seconds=60 - 15)  # all of them are due in the same moment
    escalations = [
        escalation for each in teams for escalation in each.open_escalations(*SIGNS, at=soon)
    ]
    told = Delivery.objects.filter(state=State.SENT)
    until(lambda: told.count() == len(escalations), "the nurse was told of each", seconds=120)

    mails = system.smtp.to(team.nurse.user.email)
    counts = [int((re.findall(r"\d+", mail.message["Subject"]) or ["1"])[0]) for mail in mails]
    system.note(
        f"{len(escalations)} flags for one nurse at once: {len(mails)} messages, counting {counts},"
        f" the last {mails[-1].arrived - mails[0].arrived:.0f} s after the first"
    )
    assert {escalation.priority for escalation in escalations} == {"P0"}
    assert len(escalations) > 300
    assert sum(counts) == len(escalations)
    assert len(mails) <= 6
    assert len(system.smtp.mails) == len(mails)
    worklist = Client()
    worklist.force_login(team.nurse.user)
    page = worklist.get("/console/").content.decode()
    assert [each.patient.full_name for each in teams if each.patient.full_name not in page] == []


@pytest.mark.promise("I6")
def test_a_delivery_that_kills_its_process_ends_dead_and_the_others_are_sent(system, enqueue, at):
    dispatcher = system.dispatcher()
    poison, garbled = enqueue(), enqueue()
    Delivery.objects.filter(pk=poison.pk).update(attempts_allowed=2)
    Notification.objects.filter(pk=garbled.notification_id).update(kind="of tomorrow")
    Delivery.objects.filter(pk=garbled.pk).update(attempts_allowed=1)
    deaths: list[float] = []

    def kill(mail):
        if mail.id.startswith(f"<{poison.pk}@"):
            dispatcher.kill()
            deaths.append(monotonic())

    system.smtp.while_data = kill
    with supervised(dispatcher):
        others = [enqueue(at=clock.now()) for _ in range(30)]
        # Two deaths, each of which may delay deliveries claimed beside it by a lease.
        late = system.until_sent(*others, seconds=2 * LEASE.total_seconds() + 30)
        until(
            lambda: not Delivery.objects.unfinished().exists(),
            "every delivery has ended",
            seconds=90,
        )

    ended = dict(Delivery.objects.filter(pk__in=[poison.pk, garbled.pk]).values_list("pk", "state"))
    mails = [system.mails_of(delivery) for delivery in others]
    system.note(
        f"a poison delivery killed its process {len(deaths)} times and ended dead:"
        f" 30 others sent after {late:.1f} s, lost 0, doubled {sum(mails) - 30}"
    )
    assert ended == {poison.pk: State.DEAD, garbled.pk: State.DEAD}
    assert len(deaths) == 2
    assert min(mails) == 1
    assert max(mails) <= 3


@contextmanager
def supervised(process: Process) -> Iterator[None]:
    """Restart the process whenever it has ended, as systemd does."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.5):
            if not process.is_running:
                process.start()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
