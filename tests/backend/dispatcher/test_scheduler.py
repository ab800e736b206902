from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from backend import dispatcher
from backend.dispatcher.loop import POLL_SECONDS, seconds_until_due
from backend.dispatcher.timers import Job, is_due
from notifications.models import Attempt, Delivery, Urgency
from notifications.services.dispatch import heartbeats
from notifications.services.dispatch.dispatch_hints import HINT_LASTS
from tests.backend.dispatcher.schedulers import FakeBroker, FullExecutor, make
from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.running import MORNING, open_escalation
from tracker.models import Escalation
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import timers

State = Delivery.State


@pytest.fixture
def worked(at):
    """Workers have sent heartbeats."""
    for urgency in Urgency:
        heartbeats.beat_worker(queue=urgency.queue, at=at)


def test_without_workers_a_run_sends_what_is_due(enqueue, smtp, at):
    delivery = enqueue()

    assert dispatcher.run_once(at) == 1

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert dispatcher.run_once(at) == 0


def test_urgent_work_goes_first(enqueue, smtp, at):
    for urgency in (Urgency.BULK, Urgency.ROUTINE, Urgency.URGENT):
        enqueue(urgency=urgency)

    dispatcher.run_once(at)

    order = [attempt.delivery.urgency for attempt in Attempt.objects.order_by("started_at")]
    assert order == [Urgency.URGENT, Urgency.ROUTINE, Urgency.BULK]


@pytest.mark.usefixtures("worked")
def test_with_live_workers_ids_are_offered_by_urgency(enqueue, smtp, at):
    urgent, bulk = enqueue(), enqueue(urgency=Urgency.BULK)
    broker = FakeBroker()

    make(broker=broker).run_once(at)

    assert broker.published == [("urgent", str(urgent.pk)), ("bulk", str(bulk.pk))]
    assert smtp.mails == []


def test_nothing_is_offered_to_a_queue_without_workers(enqueue, smtp, at):
    enqueue()
    broker = FakeBroker()

    make(broker=broker).run_once(at)

    assert broker.published == []
    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_a_heartbeat_goes_stale(enqueue, smtp, at):
    later = at + heartbeats.FRESH
    enqueue()
    broker = FakeBroker()

    make(broker=broker).run_once(later)

    assert broker.published == []
    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_what_cannot_be_published_is_done_at_once(enqueue, smtp, at):
    enqueue()

    make(broker=FakeBroker(fails=True)).run_once(at)

    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
def test_what_can_neither_be_published_nor_sent_is_due_in_the_next_run(enqueue, smtp, at):
    enqueue()

    make(broker=FakeBroker(fails=True), executor=FullExecutor()).run_once(at)
    assert smtp.mails == []
    make(broker=FakeBroker(fails=True)).run_once(at)

    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("urgency", "hints", "mails"), [(Urgency.URGENT, 1, 1), (Urgency.ROUTINE, 2, 0)]
)
def test_unclaimed_after_twenty_seconds_urgent_is_sent_here_and_routine_hinted_again(
    enqueue, smtp, at, urgency, hints, mails
):
    enqueue(urgency=urgency)
    broker = FakeBroker()
    dispatcher = make(broker=broker)

    dispatcher.run_once(at)
    dispatcher.run_once(at + HINT_LASTS - timedelta(seconds=1))
    assert len(broker.published) == 1
    dispatcher.run_once(at + HINT_LASTS)

    assert len(broker.published) == hints
    assert len(smtp.mails) == mails


@pytest.mark.usefixtures("worked")
def test_a_retry_gets_a_new_hint(enqueue, smtp, at):
    smtp.answer_data("someone@example.org", "451 come back later")
    delivery = enqueue()
    dispatcher.run_once(at)
    delivery.refresh_from_db()
    broker = FakeBroker()

    make(broker=broker).run_once(delivery.next_attempt_at)

    assert len(broker.published) == 1


@pytest.mark.usefixtures("worked")
def test_hints_do_not_pile_up_before_slow_workers(enqueue, at):
    for _ in range(12):
        enqueue()
    broker = FakeBroker()
    dispatcher = make(broker=broker, outstanding=5)

    for seconds in range(5):
        dispatcher.run_once(at + timedelta(seconds=seconds))

    assert len(broker.published) == 5


def test_one_broken_job_does_not_stop_the_others(at):
    ran = []

    def broken(*, at, limit):
        raise ZeroDivisionError

    def good(*, at, limit):
        ran.append((at, limit))
        return 3

    jobs = [Job(name="broken", run=broken), Job(name="good", run=good, limit=7)]

    assert make(jobs=jobs).run_once(at) == 3
    assert ran == [(at, 7)]


def test_a_periodic_job_runs_once_per_period(at):
    job = Job(name="hourly", run=lambda *, at, limit: 1, every=timedelta(hours=1))
    dispatcher = make(jobs=[job])

    ran = [dispatcher.run_once(at + timedelta(minutes=minutes)) for minutes in (0, 59, 60, 61)]

    assert ran == [1, 0, 1, 0]


def test_a_periodic_job_runs_after_the_clock_went_back(at):
    job = Job(name="hourly", run=lambda *, at, limit: 1, every=timedelta(hours=1))

    assert is_due(job, at, at - timedelta(days=1))


def test_an_expired_delivery_ends(enqueue, smtp, at):
    delivery = enqueue(expires_at=at + timedelta(seconds=1))

    clock.shift(timedelta(seconds=2))
    dispatcher.run_once(clock.now())

    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED


def test_the_dispatcher_sleeps_until_the_next_escalation_step_and_no_longer(db):
    escalation = open_escalation(
        TwoClinics(), at=MORNING
    )  # its first step is due now, the next in 15 minutes
    timers.fire_due(Context(SYSTEM, MORNING), limit=1)
    Delivery.objects.all().delete()
    due_at = MORNING + timedelta(minutes=15)

    assert seconds_until_due(due_at - timedelta(seconds=2)) == 2
    assert seconds_until_due(due_at - timedelta(minutes=9)) == POLL_SECONDS
    # What is due and would not fire is tried with the poll, not again and again.
    assert Escalation.objects.get(pk=escalation.pk).next_step_at == due_at
    assert seconds_until_due(due_at) == POLL_SECONDS


def test_when_the_server_refuses_a_mail_the_next_person_is_told_seconds_later(smtp, at):
    clinics = TwoClinics()
    open_escalation(clinics)
    smtp.answer_recipient(clinics.nora.user.email, "550 5.1.1 no such user")

    for seconds in (0, 6):
        clock.travel_to(MORNING + timedelta(seconds=seconds))
        dispatcher.run_once(clock.now())

    assert [mail.address for mail in smtp.mails] == [clinics.phil.user.email]
