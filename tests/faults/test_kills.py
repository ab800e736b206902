"""SIGKILL at three moments: the interrupted delivery is sent, and the next one is not late."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import pytest

from notifications.models import Attempt, Delivery
from tests.faults.database import holding, until, waits_for_a_lock
from tests.faults.processes import Process
from tests.faults.system import System

pytestmark = [pytest.mark.fault, pytest.mark.promise("I3", "I6")]

LATEST_SECONDS = 60


def before_the_claim(system: System, victim: Process, enqueue: Callable[[], Delivery]) -> Delivery:
    """Kill the process while its claim waits for a table lock."""
    victim.pause()
    delivery = enqueue()
    if victim.name == "worker":
        hinted = Delivery.objects.filter(pk=delivery.pk, hinted_at__isnull=False)
        until(hinted.exists, "a dispatch hint to the worker", seconds=10)
    with holding("LOCK TABLE notifications_delivery IN EXCLUSIVE MODE"):
        victim.resume()
        until(lambda: waits_for_a_lock(victim.name), "the claim", seconds=10)
        victim.kill()
    assert not Attempt.objects.filter(delivery=delivery).exists()
    assert system.mails_of(delivery) == 0
    return delivery


def after_the_attempt_row(
    system: System, victim: Process, enqueue: Callable[[], Delivery]
) -> Delivery:
    """Kill the process while it waits for the mail server; the attempt is stored."""
    with system.smtp.hanging():
        delivery = enqueue()
        until(system.smtp.greeted.is_set, "a call to the mail server", seconds=10)
        assert Attempt.objects.filter(delivery=delivery, ended_at=None).exists()
        victim.kill()
    assert system.mails_of(delivery) == 0
    return delivery


def after_the_send(system: System, victim: Process, enqueue: Callable[[], Delivery]) -> Delivery:
    """Kill the process after the mail server accepted, before the result is stored."""
    with ExitStack() as locks:

        def hold(mail):
            system.smtp.while_data = lambda mail: None
            key = mail.id.strip("<>").partition("@")[0]
            row = "SELECT FROM notifications_delivery WHERE id = %s FOR UPDATE"
            locks.enter_context(holding(row, key))

        system.smtp.while_data = hold
        delivery = enqueue()
        until(lambda: waits_for_a_lock(victim.name), "the result", seconds=10)
        victim.kill()
    assert system.mails_of(delivery) == 1
    return delivery


MOMENTS = [before_the_claim, after_the_attempt_row, after_the_send]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("victim", ["worker", "dispatcher"])
def test_a_kill_loses_nothing_and_delays_nobody_by_more_than_a_minute(
    system, enqueue, victim, moment
):
    dispatcher = system.dispatcher()
    process = system.worker() if victim == "worker" else dispatcher

    interrupted = moment(system, process, enqueue)
    killed = monotonic()
    following = enqueue()
    if victim == "dispatcher":
        process.start()  # as its supervisor does; a worker is not needed
    next_late = system.until_sent(following, seconds=LATEST_SECONDS)
    system.until_sent(interrupted, seconds=LATEST_SECONDS)
    recovered = monotonic() - killed

    extra = system.mails_of(interrupted) - 1
    assert recovered <= LATEST_SECONDS
    assert 0 <= extra <= 1
    assert system.mails_of(following) == 1
    assert len(system.smtp.mails) == 2 + extra
    system.note(
        f"{victim} killed {moment.__name__.replace('_', ' ')}: next notice after"
        f" {next_late:.1f} s, the interrupted one after {recovered:.1f} s,"
        f" lost 0, extra mails {extra} (same Message-ID)"
    )
