"""SIGKILL at three moments: what was under way comes again, and the next notice is not late."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import pytest

from notifications.models import Attempt, Delivery
from tests.faults.conftest import Stage
from tests.faults.database import holding, until, waits_for_a_lock
from tests.faults.processes import Process

pytestmark = [pytest.mark.fault, pytest.mark.promise("I3", "I6")]

LATEST_SECONDS = 60


def before_the_claim(stage: Stage, victim: Process, tell: Callable[[], Delivery]) -> Delivery:
    """The process has the work in hand and waits at the door of the table."""
    victim.pause()
    delivery = tell()
    if victim.name == "worker":
        offered = Delivery.objects.filter(pk=delivery.pk, hinted_at__isnull=False)
        until(offered.exists, "an offer to the worker", seconds=10)
    with holding("LOCK TABLE notifications_delivery IN EXCLUSIVE MODE"):
        victim.resume()
        until(lambda: waits_for_a_lock(victim.name), "the claim", seconds=10)
        victim.kill()
    assert not Attempt.objects.filter(delivery=delivery).exists()
    assert stage.mails_of(delivery) == 0
    return delivery


def after_the_attempt_row(stage: Stage, victim: Process, tell: Callable[[], Delivery]) -> Delivery:
    """The attempt is written, and the mail server lets the process wait."""
    with stage.smtp.hanging():
        delivery = tell()
        until(stage.smtp.greeted.is_set, "a call to the mail server", seconds=10)
        assert Attempt.objects.filter(delivery=delivery, ended_at=None).exists()
        victim.kill()
    assert stage.mails_of(delivery) == 0
    return delivery


def after_the_send(stage: Stage, victim: Process, tell: Callable[[], Delivery]) -> Delivery:
    """The mail server has the mail and says so; the result cannot be written yet."""
    with ExitStack() as locks:

        def hold(mail):
            stage.smtp.while_data = lambda mail: None
            key = mail.id.strip("<>").partition("@")[0]
            row = "SELECT FROM notifications_delivery WHERE id = %s FOR UPDATE"
            locks.enter_context(holding(row, key))

        stage.smtp.while_data = hold
        delivery = tell()
        until(lambda: waits_for_a_lock(victim.name), "the result", seconds=10)
        victim.kill()
    assert stage.mails_of(delivery) == 1
    return delivery


MOMENTS = [before_the_claim, after_the_attempt_row, after_the_send]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("victim", ["worker", "dispatcher"])
def test_a_kill_loses_nothing_and_delays_nobody_by_more_than_a_minute(stage, tell, victim, moment):
    dispatcher = stage.dispatcher()
    process = stage.worker() if victim == "worker" else dispatcher

    interrupted = moment(stage, process, tell)
    killed = monotonic()
    following = tell()
    if victim == "dispatcher":
        process.start()  # as its supervisor does; a worker is not even needed
    next_late = stage.until_sent(following, seconds=LATEST_SECONDS)
    stage.until_sent(interrupted, seconds=LATEST_SECONDS)
    recovered = monotonic() - killed

    extra = stage.mails_of(interrupted) - 1
    assert recovered <= LATEST_SECONDS
    assert 0 <= extra <= 1
    assert stage.mails_of(following) == 1
    assert len(stage.smtp.mails) == 2 + extra
    stage.note(
        f"{victim} killed {moment.__name__.replace('_', ' ')}: next notice after"
        f" {next_late:.1f} s, the interrupted one after {recovered:.1f} s,"
        f" lost 0, extra mails {extra} (same Message-ID)"
    )
