from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from backend import dispatcher
from backend.dispatcher.hands import OwnHands
from backend.dispatcher.loop import POLL_SECONDS, seconds_until_due
from backend.dispatcher.rounds import Dispatcher
from backend.dispatcher.timers import Timer, is_due
from notifications.models import Attempt, Delivery, Urgency
from notifications.services.dispatch import heartbeats
from notifications.services.dispatch.dispatch_hints import HINT_LASTS
from tests.cast import Cast
from tests.tracker.services.test_escalations import MORNING, open_ladder
from tracker.models import Escalation
from tracker.services import ladder_timers

State = Delivery.State


class FakeBroker:
    """Takes messages and, as a broker whose workers died, does nothing with them."""

    def __init__(self, *, fails: bool = False) -> None:
        self.is_open = True
        self.fails = fails
        self.published: list[tuple[str, str]] = []

    def publish(self, task, *, queue, **arguments):
        if self.fails:
            return False
        self.published.append((queue, *arguments.values()))
        return True


class NoHands:
    def room(self):
        return 0

    def give(self, delivery_id):
        raise AssertionError("there was no room")


def make(*, broker=None, timers=(), hands=None, outstanding=200):
    return Dispatcher(
        hands=dict.fromkeys(Urgency, hands or OwnHands()),
        broker=broker,
        timers=timers,
        outstanding=outstanding,
    )


@pytest.fixture
def worked(at):
    """Workers have shown that they live."""
    for urgency in Urgency:
        heartbeats.beat_worker(queue=urgency.queue, at=at)


def test_alone_a_tick_sends_what_is_due(tell, smtp, at):
    delivery = tell()

    assert dispatcher.tick(at) == 1

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert dispatcher.tick(at) == 0


def test_urgent_work_goes_first(tell, smtp, at):
    for urgency in (Urgency.BULK, Urgency.ROUTINE, Urgency.URGENT):
        tell(urgency=urgency)

    dispatcher.tick(at)

    order = [attempt.delivery.urgency for attempt in Attempt.objects.order_by("started_at")]
    assert order == [Urgency.URGENT, Urgency.ROUTINE, Urgency.BULK]


@pytest.mark.usefixtures("worked")
def test_with_live_workers_ids_are_offered_by_urgency(tell, smtp, at):
    urgent, bulk = tell(), tell(urgency=Urgency.BULK)
    broker = FakeBroker()

    make(broker=broker).tick(at)

    assert broker.published == [("urgent", str(urgent.pk)), ("bulk", str(bulk.pk))]
    assert smtp.mails == []


def test_nothing_is_offered_to_a_queue_that_nobody_reads(tell, smtp, at):
    tell()
    broker = FakeBroker()

    make(broker=broker).tick(at)

    assert broker.published == []
    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_a_heartbeat_goes_stale(tell, smtp, at):
    later = at + heartbeats.FRESH
    tell()
    broker = FakeBroker()

    make(broker=broker).tick(later)

    assert broker.published == []
    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_what_cannot_be_published_is_done_at_once(tell, smtp, at):
    tell()

    make(broker=FakeBroker(fails=True)).tick(at)

    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_what_can_neither_be_published_nor_done_now_is_due_in_the_next_tick(tell, smtp, at):
    tell()

    make(broker=FakeBroker(fails=True), hands=NoHands()).tick(at)
    assert smtp.mails == []
    make(broker=FakeBroker(fails=True)).tick(at)

    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("urgency", "offers", "mails"), [(Urgency.URGENT, 1, 1), (Urgency.ROUTINE, 2, 0)]
)
def test_unclaimed_after_twenty_seconds_urgent_is_done_here_and_routine_offered_again(
    tell, smtp, at, urgency, offers, mails
):
    tell(urgency=urgency)
    broker = FakeBroker()
    dispatcher = make(broker=broker)

    dispatcher.tick(at)
    dispatcher.tick(at + HINT_LASTS - timedelta(seconds=1))
    assert len(broker.published) == 1
    dispatcher.tick(at + HINT_LASTS)

    assert len(broker.published) == offers
    assert len(smtp.mails) == mails


@pytest.mark.usefixtures("worked")
def test_a_retry_is_offered_as_new(tell, smtp, at):
    smtp.answer_data("someone@example.org", "451 come back later")
    delivery = tell()
    dispatcher.tick(at)
    delivery.refresh_from_db()
    broker = FakeBroker()

    make(broker=broker).tick(delivery.next_attempt_at)

    assert len(broker.published) == 1


@pytest.mark.usefixtures("worked")
def test_offers_do_not_pile_up_before_slow_workers(tell, at):
    for _ in range(12):
        tell()
    broker = FakeBroker()
    dispatcher = make(broker=broker, outstanding=5)

    for seconds in range(5):
        dispatcher.tick(at + timedelta(seconds=seconds))

    assert len(broker.published) == 5


def test_one_broken_timer_does_not_stop_the_others(at):
    ran = []

    def broken(*, at, limit):
        raise ZeroDivisionError

    def good(*, at, limit):
        ran.append((at, limit))
        return 3

    timers = [Timer(name="broken", run=broken), Timer(name="good", run=good, limit=7)]

    assert make(timers=timers).tick(at) == 3
    assert ran == [(at, 7)]


def test_a_timer_with_a_period_runs_once_in_it(at):
    timer = Timer(name="hourly", run=lambda *, at, limit: 1, every=timedelta(hours=1))
    dispatcher = make(timers=[timer])

    ran = [dispatcher.tick(at + timedelta(minutes=minutes)) for minutes in (0, 59, 60, 61)]

    assert ran == [1, 0, 1, 0]


def test_a_timer_runs_though_the_clock_went_back(at):
    timer = Timer(name="hourly", run=lambda *, at, limit: 1, every=timedelta(hours=1))

    assert is_due(timer, at, at - timedelta(days=1))


def test_the_dispatcher_ends_what_is_too_late(tell, smtp, at):
    delivery = tell(expires_at=at + timedelta(seconds=1))

    clock.shift(timedelta(seconds=2))
    dispatcher.tick(clock.now())

    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED


def test_the_dispatcher_sleeps_until_the_next_step_of_a_ladder_and_no_longer(db):
    ladder = open_ladder(Cast(), at=MORNING)  # its first step is due now, the next in 15 minutes
    ladder_timers.fire_due(at=MORNING, limit=1)
    Delivery.objects.all().delete()
    due_at = MORNING + timedelta(minutes=15)

    assert seconds_until_due(due_at - timedelta(seconds=2)) == 2
    assert seconds_until_due(due_at - timedelta(minutes=9)) == POLL_SECONDS
    # What is due and would not fire is tried with the poll, not again and again.
    assert Escalation.objects.get(pk=ladder.pk).next_step_at == due_at
    assert seconds_until_due(due_at) == POLL_SECONDS


def test_when_the_server_refuses_a_mail_the_next_person_is_told_seconds_later(smtp, at):
    cast = Cast()
    open_ladder(cast)
    smtp.answer_recipient(cast.nora.user.email, "550 5.1.1 no such user")

    for seconds in (0, 6):
        clock.travel_to(MORNING + timedelta(seconds=seconds))
        dispatcher.tick(clock.now())

    assert [mail.address for mail in smtp.mails] == [cast.phil.user.email]
