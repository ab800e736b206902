"""Escalations under faults: each step fires once and in time, none after an acknowledgement."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import quantiles
from time import sleep

import pytest
from django.db import connection

import clock
from notifications import outbox
from notifications.models import Attempt, Delivery, Notification
from tests.faults.care_teams import WINDOW_SECONDS, Team, lateness, make_teams, open_escalations
from tests.faults.database import until
from tests.faults.system import System
from tracker.models import Escalation, EscalationStep
from tracker.services.context import Context
from tracker.services.escalations import lifecycle

pytestmark = pytest.mark.fault

COUNT = 40


def no_fault(system: System) -> None:
    system.dispatcher()
    system.worker()


def worker_killed(system: System) -> Callable[[], None]:
    system.dispatcher()
    return system.worker().kill


def dispatcher_killed(system: System) -> Callable[[], None]:
    dispatcher = system.dispatcher()
    system.worker()

    def kill_and_start_again() -> None:
        dispatcher.kill()
        sleep(2)  # as its supervisor does
        dispatcher.start()

    return kill_and_start_again


def one_of_two_dispatchers_frozen(system: System) -> Callable[[], None]:
    frozen = system.dispatcher("dispatcher one")
    system.dispatcher("dispatcher two")
    return frozen.pause


def no_broker_throughout(system: System) -> None:
    system.environment["BROKER_URL"] = "redis://127.0.0.1:1/0"
    system.dispatcher()


FAULTS = [
    (no_fault, 10),
    (worker_killed, 60),
    (dispatcher_killed, 60),
    (one_of_two_dispatchers_frozen, 60),
    (no_broker_throughout, 60),
]


@pytest.mark.promise("I2", "I3", "I4", "I6")
@pytest.mark.parametrize(("fault", "bound"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_every_step_fires_once_and_in_time(system, transactional_db, fault, bound):
    teams = make_teams(COUNT, 1, 15)
    cause = fault(system)
    escalations = open_escalations(teams)

    if cause:
        sleep(5 + WINDOW_SECONDS / 2)
        cause()
    until(lambda: all_nurses_told(escalations), "every nurse was told", seconds=90)

    steps = EscalationStep.objects.filter(escalation__in=escalations)
    assert steps.filter(position=1, fired_at__isnull=False, reached=1).count() == COUNT
    assert not steps.filter(position=2, fired_at__isnull=False).exists()
    assert Notification.objects.count() == Delivery.objects.count() == COUNT
    mails = [len(system.smtp.to(team.nurse.user.email)) for team in teams]
    late = [lateness(escalation) for escalation in escalations]
    p99 = quantiles(late, n=100, method="inclusive")[98]
    calls = Attempt.objects.count()
    system.note(
        f"{fault.__name__.replace('_', ' ')}: {COUNT} steps, lost {mails.count(0)},"
        f" fired twice 0, doubled mails {sum(mails) - COUNT}, calls {calls};"
        f" from due to call p99 {p99:.1f} s, max {max(late):.1f} s"
    )
    assert min(mails) == 1
    assert max(mails) <= (1 if fault in {no_fault, no_broker_throughout} else 2)
    assert p99 < bound
    assert max(late) < max(bound, 15)


def all_nurses_told(escalations: list[Escalation]) -> bool:
    return Delivery.objects.filter(state=Delivery.State.SENT).count() >= len(escalations)


@pytest.mark.promise("I5")
def test_no_attempt_starts_after_an_acknowledgement_has_committed(system, transactional_db):
    """Clinicians acknowledge while two dispatchers and a worker notify them."""
    teams = make_teams(COUNT, 1, 15)
    system.dispatcher("dispatcher one")
    system.dispatcher("dispatcher two")
    system.worker()
    system.smtp.while_data = lambda mail: sleep(0.3)  # some of it is always under way
    escalations = open_escalations(teams)
    committed: dict[str, datetime] = {}

    def acknowledge(team: Team, escalation: Escalation) -> None:
        wait = escalation.next_step_at - clock.now() + timedelta(seconds=random.uniform(-0.1, 0.4))
        connection.close()
        sleep(max(0, wait.total_seconds()))
        lifecycle.acknowledge(Context(team.nurse, clock.now()), escalation_ids=[escalation.id])
        committed[escalation.group] = clock.now()
        connection.close()

    pairs = zip(teams, escalations, strict=True)
    threads = [threading.Thread(target=acknowledge, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sleep(7)  # longer than the poll: whatever still could start has started

    calls = Attempt.objects.values_list("delivery__notification__group", "started_at")
    late = [group for group, started_at in calls if started_at > committed[group]]
    system.note(
        f"{len(committed)} acknowledgements against two dispatchers and a worker:"
        f" {len(calls)} calls before, {len(late)} after"
    )
    assert len(committed) == COUNT
    assert len(calls) > 0
    assert late == []
    assert not Delivery.objects.unfinished().exists()
    assert set(Escalation.objects.values_list("state", flat=True)) == {"acknowledged"}


@pytest.mark.promise("I3", "I4")
def test_after_a_day_without_dispatchers_no_step_is_skipped(system, transactional_db):
    teams = make_teams(10, 1, 15)
    dispatcher = system.dispatcher()
    dispatcher.kill()
    for team in teams:
        team.open_escalation(at=clock.now())
    nurses = [team.nurse.user.email for team in teams]
    physicians = [team.physician.user.email for team in teams]

    def told(addresses: list[str]) -> list[int]:
        return [len(system.smtp.to(address)) for address in addresses]

    def later(hours: float, expected: list[list[int]], what: str) -> None:
        clock.shift(timedelta(hours=hours))
        outbox.wake_dispatcher()
        until(lambda: [told(nurses), told(physicians)] == expected, what, seconds=40)

    clock.shift(timedelta(hours=26))
    dispatcher.start()
    until(lambda: told(nurses) == [1] * 10, "every nurse was told", seconds=40)
    sleep(1)
    assert told(physicians) == [0] * 10  # no burst: the next step is ten minutes later

    later(1 / 6, [[1] * 10, [1] * 10], "every physician was told")
    dispatcher.kill()
    dispatcher.start()
    later(1 / 4, [[2] * 10, [2] * 10], "nobody answered, so all were told")
    assert set(Escalation.objects.values_list("state", flat=True)) == {"exhausted"}
    later(1 / 4, [[3] * 10, [3] * 10], "they were told again")

    assert not EscalationStep.objects.filter(fired_at=None).exists()
    system.note(
        "26 h without a dispatcher: 10 escalations, steps skipped 0, bursts 0, silent ends 0"
    )
