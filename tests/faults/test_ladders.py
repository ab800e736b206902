"""Real ladders under faults: each step fires once and in time, none after an acknowledgement."""

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
from tests.faults.conftest import Stage
from tests.faults.database import until
from tests.faults.people import Team, make_teams
from tracker.models import Escalation, EscalationStep
from tracker.services.context import Context
from tracker.services.escalations import lifecycle

pytestmark = pytest.mark.fault

COUNT = 40
MINUTE = timedelta(minutes=1)
#: Steps come due over this time; the fault comes in its middle.
WINDOW_SECONDS = 14


def open_ladders(teams: list[Team]) -> list[Escalation]:
    """Ladders whose first step, after a minute, comes due from five seconds on."""
    soon = clock.now() - MINUTE + timedelta(seconds=5)
    apart = timedelta(seconds=WINDOW_SECONDS) / len(teams)
    return [team.open_ladder(at=soon + number * apart) for number, team in enumerate(teams)]


def no_fault(stage: Stage) -> None:
    stage.dispatcher()
    stage.worker()


def worker_killed(stage: Stage) -> Callable[[], None]:
    stage.dispatcher()
    return stage.worker().kill


def dispatcher_killed(stage: Stage) -> Callable[[], None]:
    dispatcher = stage.dispatcher()
    stage.worker()

    def kill_and_start_again() -> None:
        dispatcher.kill()
        sleep(2)  # as its supervisor does
        dispatcher.start()

    return kill_and_start_again


def one_of_two_dispatchers_frozen(stage: Stage) -> Callable[[], None]:
    frozen = stage.dispatcher("dispatcher one")
    stage.dispatcher("dispatcher two")
    return frozen.pause


def no_broker_throughout(stage: Stage) -> None:
    stage.environment["BROKER_URL"] = "redis://127.0.0.1:1/0"
    stage.dispatcher()


SCENES = [
    (no_fault, 10),
    (worker_killed, 60),
    (dispatcher_killed, 60),
    (one_of_two_dispatchers_frozen, 60),
    (no_broker_throughout, 60),
]


@pytest.mark.promise("I2", "I3", "I4", "I6")
@pytest.mark.parametrize(("scene", "bound"), SCENES, ids=[scene.__name__ for scene, _ in SCENES])
def test_every_step_fires_once_and_in_time(stage, transactional_db, scene, bound):
    teams = make_teams(COUNT, 1, 15)
    fault = scene(stage)
    ladders = open_ladders(teams)

    if fault:
        sleep(5 + WINDOW_SECONDS / 2)
        fault()
    until(lambda: all_nurses_told(ladders), "every nurse was told", seconds=90)

    steps = EscalationStep.objects.filter(escalation__in=ladders)
    assert steps.filter(position=1, fired_at__isnull=False, reached=1).count() == COUNT
    assert not steps.filter(position=2, fired_at__isnull=False).exists()
    assert Notification.objects.count() == Delivery.objects.count() == COUNT
    mails = [len(stage.smtp.to(team.nurse.user.email)) for team in teams]
    late = [lateness(ladder) for ladder in ladders]
    p99 = quantiles(late, n=100, method="inclusive")[98]
    calls = Attempt.objects.count()
    stage.note(
        f"{scene.__name__.replace('_', ' ')}: {COUNT} steps, lost {mails.count(0)},"
        f" fired twice 0, doubled mails {sum(mails) - COUNT}, calls {calls};"
        f" from due to call p99 {p99:.1f} s, max {max(late):.1f} s"
    )
    assert min(mails) == 1
    assert max(mails) <= (1 if scene in {no_fault, no_broker_throughout} else 2)
    assert p99 < bound
    assert max(late) < max(bound, 15)


def all_nurses_told(ladders: list[Escalation]) -> bool:
    return Delivery.objects.filter(state=Delivery.State.SENT).count() >= len(ladders)


def lateness(ladder: Escalation) -> float:
    """From the time of the first step to the start of the first call, by the database's clock."""
    due_at = ladder.steps.get(position=1).due_at
    calls = Attempt.objects.filter(delivery__notification__group=ladder.group)
    return (calls.earliest("started_at").started_at - due_at).total_seconds()


@pytest.mark.promise("I5")
def test_no_attempt_starts_after_an_acknowledgement_has_committed(stage, transactional_db):
    """Two dispatchers and a worker against clinicians who answer in the moment of being told."""
    teams = make_teams(COUNT, 1, 15)
    stage.dispatcher("dispatcher one")
    stage.dispatcher("dispatcher two")
    stage.worker()
    stage.smtp.while_data = lambda mail: sleep(0.3)  # some of it is always under way
    ladders = open_ladders(teams)
    committed: dict[str, datetime] = {}

    def acknowledge(team: Team, ladder: Escalation) -> None:
        wait = ladder.next_step_at - clock.now() + timedelta(seconds=random.uniform(-0.1, 0.4))
        connection.close()
        sleep(max(0, wait.total_seconds()))
        lifecycle.acknowledge(Context(team.nurse, clock.now()), escalation_ids=[ladder.id])
        committed[ladder.group] = clock.now()
        connection.close()

    pairs = zip(teams, ladders, strict=True)
    threads = [threading.Thread(target=acknowledge, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sleep(7)  # longer than the poll: whatever still could start has started

    calls = Attempt.objects.values_list("delivery__notification__group", "started_at")
    late = [group for group, started_at in calls if started_at > committed[group]]
    stage.note(
        f"{len(committed)} acknowledgements against two dispatchers and a worker:"
        f" {len(calls)} calls before, {len(late)} after"
    )
    assert len(committed) == COUNT
    assert len(calls) > 0
    assert late == []
    assert not Delivery.objects.unfinished().exists()
    assert set(Escalation.objects.values_list("state", flat=True)) == {"acknowledged"}


@pytest.mark.promise("I3", "I4")
def test_after_a_day_without_dispatchers_no_step_is_skipped_and_none_ends_in_silence(
    stage, transactional_db
):
    teams = make_teams(10, 1, 15)
    dispatcher = stage.dispatcher()
    dispatcher.kill()
    for team in teams:
        team.open_ladder(at=clock.now())
    nurses = [team.nurse.user.email for team in teams]
    physicians = [team.physician.user.email for team in teams]

    def told(addresses: list[str]) -> list[int]:
        return [len(stage.smtp.to(address)) for address in addresses]

    def later(hours: float, expected: list[list[int]], what: str) -> None:
        clock.shift(timedelta(hours=hours))
        outbox.wake_dispatcher()
        until(lambda: [told(nurses), told(physicians)] == expected, what, seconds=40)

    clock.shift(timedelta(hours=26))
    dispatcher.start()
    until(lambda: told(nurses) == [1] * 10, "every nurse was told", seconds=40)
    sleep(1)
    assert told(physicians) == [0] * 10  # no burst: they come ten minutes later

    later(1 / 6, [[1] * 10, [1] * 10], "every physician was told")
    dispatcher.kill()
    dispatcher.start()
    later(1 / 4, [[2] * 10, [2] * 10], "nobody answered, so all were told")
    assert set(Escalation.objects.values_list("state", flat=True)) == {"exhausted"}
    later(1 / 4, [[3] * 10, [3] * 10], "they were told again")

    assert not EscalationStep.objects.filter(fired_at=None).exists()
    stage.note("26 h without a dispatcher: 10 ladders, steps skipped 0, bursts 0, silent ends 0")
