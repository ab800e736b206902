from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

import clock
from notifications import outbox
from notifications.channels.base import Receipt
from notifications.models import Attempt, Delivery
from notifications.services.deliveries import attempts, bundles, claims, dead_letters, receipts
from notifications.services.deliveries.expiry import expire
from notifications.services.deliveries.sending import deliver
from tests.outgoing import PHONE_NUMBER

State = Delivery.State
URGENT, ROUTINE = outbox.Urgency.URGENT, outbox.Urgency.ROUTINE
WORKLIST = "/console/"


#: Where several threads work, what they see must be committed.
threaded = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(db):
    return clock.now()


@pytest.fixture
def enqueue_many(enqueue):
    """Enqueue so many notifications, each of its own group; return their deliveries."""

    def enqueue_many(count: int, **changes) -> list[Delivery]:
        with transaction.atomic():
            return [
                enqueue(**{"group": f"escalation:{number}", "list_link": WORKLIST} | changes)
                for number in range(count)
            ]

    return enqueue_many


def reread(*deliveries: Delivery) -> list[Delivery]:
    rows = Delivery.objects.in_bulk([each.pk for each in deliveries])
    return [rows[each.pk] for each in deliveries]


def states(*deliveries: Delivery) -> list[str]:
    return [each.state for each in reread(*deliveries)]


def subjects(smtp) -> list[str]:
    return [mail.message["Subject"] for mail in smtp.mails]


def lose_the_lease() -> datetime:
    clock.shift(claims.LEASE + timedelta(seconds=1))
    return clock.now()


@threaded
def test_three_hundred_flags_at_once_are_one_message_whoever_claims_them(enqueue_many, smtp, at):
    """I7, against four who deliver at the same time."""
    deliveries = enqueue_many(300)
    barrier = threading.Barrier(4)

    def work(mine):
        barrier.wait()
        deliver(delivery_id=mine.pk, at=at)
        connection.close()

    threads = [threading.Thread(target=work, args=[mine]) for mine in deliveries[::75]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [mail] = smtp.mails
    assert mail.message["Subject"] == "Lumbar: 300 answers are needed"
    assert "/console/" in mail.message.get_content().split("\r\n")[2]
    assert set(states(*deliveries)) == {State.SENT}
    leader = Attempt.objects.get().delivery_id
    assert mail.id.startswith(f"<{leader}@")
    told_by = {each.bundle_leader_id for each in reread(*deliveries) if each.pk != leader}
    assert told_by == {leader}


def test_the_first_goes_at_once_and_an_emergency_after_it_is_told_soon(enqueue_many, smtp, at):
    first, *_ = enqueue_many(1)
    deliver(delivery_id=first.pk, at=at)
    now = clock.now()
    emergency, other = enqueue_many(2, at=now)

    assert not deliver(delivery_id=emergency.pk, at=now)
    held = reread(emergency, other)
    soon = held[0].next_attempt_at
    assert deliver(delivery_id=emergency.pk, at=soon)

    assert soon - now <= timedelta(seconds=10)
    assert held[1].next_attempt_at == soon
    assert held[0].attempts == 0
    assert subjects(smtp) == ["Lumbar: your answer is needed", "Lumbar: 2 answers are needed"]


@given(
    st.lists(st.integers(0, 1800), max_size=300),
    st.sampled_from([bundles.URGENT_THROTTLE, bundles.ROUTINE_THROTTLE]),
)
def test_the_throttle_limits_messages_and_waiting_for_any_arrivals(seconds, throttle):
    begin = datetime(2026, 11, 22, tzinfo=UTC)
    messages: list[datetime] = []
    for arrival in sorted(begin + timedelta(seconds=each) for each in seconds):
        if messages and messages[-1] >= arrival:
            continue  # the message to come takes it along
        lately = [each for each in messages if each > arrival - throttle.window]
        messages.append(max(arrival, throttle.not_before(lately) or arrival))
        assert messages[-1] - arrival <= throttle.longest

    for each in messages:
        assert sum(each <= other < each + throttle.window for other in messages) <= 10


def test_what_was_cancelled_before_the_claim_is_not_counted(enqueue_many, smtp, at):
    deliveries = enqueue_many(5)
    outbox.cancel(group="escalation:3", at=at)

    deliver(delivery_id=deliveries[0].pk, at=at)

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert states(deliveries[3]) == [State.CANCELLED]


def test_what_was_cancelled_after_the_claim_is_not_counted(enqueue_many, at):
    deliveries = enqueue_many(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    outbox.cancel(group="escalation:3", at=at)

    assert attempts.begin(claim, at=at).count == 4


def test_a_bundle_that_was_cancelled_entirely_is_not_sent(enqueue_many, at):
    deliveries = enqueue_many(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    for number in range(5):
        outbox.cancel(group=f"escalation:{number}", at=at)

    assert attempts.begin(claim, at=at) is None
    assert not Attempt.objects.exists()
    assert set(states(*deliveries)) == {State.CANCELLED}


def test_a_cancelled_leader_releases_its_followers_at_once(enqueue_many, smtp, at):
    deliveries = enqueue_many(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    outbox.cancel(group="escalation:0", at=at)
    assert attempts.begin(claim, at=at) is None

    assert deliver(delivery_id=deliveries[1].pk, at=clock.now())

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert states(*deliveries) == [State.CANCELLED, *[State.SENT] * 4]


@threaded
def test_a_bundle_does_not_wait_for_a_cancel_that_has_locked_a_follower(enqueue_many, at):
    """A cancel that holds one follower may wait for another: waiting for it is a deadlock."""
    deliveries = enqueue_many(3)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = []

    def begin():
        begun.append(attempts.begin(claim, at=at))
        connection.close()

    with transaction.atomic():
        outbox.cancel(group="escalation:2", at=at)
        thread = threading.Thread(target=begin)
        thread.start()
        thread.join()

    assert begun[0].count == 2
    assert states(deliveries[2]) == [State.CANCELLED]


def test_what_was_cancelled_during_the_call_stays_cancelled(enqueue_many, at):
    deliveries = enqueue_many(3)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = attempts.begin(claim, at=at)
    outbox.cancel(group="escalation:0", at=at)
    outbox.cancel(group="escalation:1", at=at)

    assert not attempts.finish(claim, begun.delivery, attempts.Sent("x"), 0.1, at=at)

    assert states(*deliveries) == [State.CANCELLED, State.CANCELLED, State.SENT]


def test_a_bundle_of_a_dead_worker_is_sent_again_under_the_same_id(enqueue_many, smtp, at):
    deliveries = enqueue_many(5)
    first = claims.take(delivery_id=deliveries[0].pk, at=at)
    attempts.begin(first, at=at)

    later = lose_the_lease()
    assert deliver(delivery_id=deliveries[3].pk, at=later)

    assert subjects(smtp) == ["Lumbar: 5 answers are needed"]
    assert smtp.mails[0].id.startswith(f"<{deliveries[0].pk}@")
    assert set(states(*deliveries)) == {State.SENT}


def test_a_late_result_changes_nothing_of_the_bundle(enqueue_many, at):
    deliveries = enqueue_many(3)
    slow = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = attempts.begin(slow, at=at)
    attempts.begin(claims.take(delivery_id=deliveries[1].pk, at=lose_the_lease()), at=at)

    assert not attempts.finish(slow, begun.delivery, attempts.Sent("late"), 40.0, at=at)

    assert set(states(*deliveries)) == {State.CLAIMED}


def test_a_bundle_that_kills_its_workers_ends_dead(enqueue_many, at):
    deliveries = enqueue_many(3, expires_at=at + timedelta(days=1))
    for _ in range(deliveries[0].attempts_allowed):
        claim = claims.take(delivery_id=deliveries[0].pk, at=clock.now())
        attempts.begin(claim, at=at)
        lose_the_lease()

    expire(at=clock.now(), limit=10)

    assert set(states(*deliveries)) == {State.DEAD}


def test_a_bundle_is_retried_together_with_what_has_come_since(enqueue_many, smtp, at):
    smtp.answer_data("someone@example.org", "451 come back later")
    deliveries = enqueue_many(3)
    deliver(delivery_id=deliveries[0].pk, at=at)
    assert set(states(*deliveries)) == {State.PENDING}

    late = max(each.next_attempt_at for each in reread(*deliveries))
    [newer] = enqueue_many(1, group="escalation:new")
    deliver(delivery_id=newer.pk, at=late)

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert set(states(newer, *deliveries)) == {State.SENT}


def test_what_exceeds_one_bundle_goes_with_the_next(enqueue_many, smtp, at, monkeypatch):
    monkeypatch.setattr(bundles, "MAX_DELIVERIES", 3)
    deliveries = enqueue_many(5)

    deliver(delivery_id=deliveries[4].pk, at=at)
    assert subjects(smtp) == ["Lumbar: 3 answers are needed"]
    assert states(deliveries[4]) == [State.SENT]
    left = next(each for each in reread(*deliveries) if each.state == State.PENDING)
    assert deliver(delivery_id=left.pk, at=clock.now() + bundles.URGENT_THROTTLE.longest)

    assert subjects(smtp)[1:] == ["Lumbar: 2 answers are needed"]


def test_two_notifications_of_one_group_are_counted_once(enqueue_many, smtp, at):
    step, page = enqueue_many(1)[0], enqueue_many(1, kind=outbox.Kind.ESCALATION_EXHAUSTED)[0]

    deliver(delivery_id=page.pk, at=at)

    assert subjects(smtp) == ["Lumbar: nobody has answered"]
    assert states(step, page) == [State.SENT, State.SENT]


@pytest.mark.parametrize(
    "changes",
    [
        {"list_link": ""},
        {"list_link": "/elsewhere/"},
        {"urgency": ROUTINE},
        {"kind": outbox.Kind.ESCALATION_WITHDRAWN},
        {"kind": outbox.Kind.TEST},
    ],
    ids=str,
)
def test_only_urgency_link_and_kind_of_one_family_share_a_message(enqueue_many, smtp, at, changes):
    mine, other = enqueue_many(1)[0], enqueue_many(1, **changes)[0]

    deliver(delivery_id=mine.pk, at=at)

    assert states(mine, other) == [State.SENT, State.PENDING]


class TestOverTwoChannels:
    @pytest.fixture
    def sms_and_mail(self, recipient, twilio, smtp, at):
        """Three things for somebody with a phone number and an inbox: (by SMS, by mail)."""
        outbox.set_contact_point(
            recipient_id=recipient.pk, channel="sms", address=PHONE_NUMBER, at=at
        )

        def sms_and_mail(urgency=URGENT):
            for number in range(3):
                outbox.enqueue(
                    recipient_id=recipient.pk,
                    kind=outbox.Kind.ESCALATION,
                    group=f"escalation:{number}",
                    urgency=urgency,
                    expires_at=at + timedelta(hours=1),
                    link="/console/flags/1/",
                    list_link=WORKLIST,
                    at=at,
                )
            rows = Delivery.objects.order_by("notification__group")
            return list(rows.filter(channel="sms")), list(rows.filter(channel="email"))

        return sms_and_mail

    def test_a_receipt_confirms_the_whole_bundle(self, sms_and_mail, twilio, at):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = sms_and_mail()
        deliver(delivery_id=texts[1].pk, at=at)
        leader = Attempt.objects.get().delivery_id

        assert receipts.record_delivered(delivery_id=leader, channel="sms", at=at)
        assert not receipts.record_delivered(delivery_id=leader, channel="sms", at=at)

        assert set(states(*texts)) == {State.DELIVERED}
        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_receipt_before_the_response_confirms_the_whole_bundle(self, sms_and_mail, at):
        texts, mails = sms_and_mail()
        claim = claims.take(delivery_id=texts[0].pk, at=at)
        begun = attempts.begin(claim, at=at)

        receipts.record_delivered(delivery_id=begun.delivery.pk, channel="sms", at=at)
        attempts.finish(claim, begun.delivery, attempts.Sent("x"), 0.1, at=at)

        assert set(states(*texts)) == {State.DELIVERED}
        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_receipt_of_a_failure_promotes_the_next_channel_for_the_whole_bundle(
        self, sms_and_mail, twilio, smtp, at
    ):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = sms_and_mail()
        deliver(delivery_id=texts[0].pk, at=at)
        leader = Attempt.objects.get().delivery_id

        report = Receipt(delivery_id=leader, is_delivered=False, code="gone")
        receipts.record(report, channel="sms", at=clock.now())
        deliver(delivery_id=mails[0].pk, at=clock.now())

        assert set(states(*texts)) == {State.DEAD}
        assert subjects(smtp) == ["Lumbar: 3 answers are needed"]

    def test_an_unconfirmed_bundle_falls_back_to_the_next_channel_as_a_bundle(
        self, sms_and_mail, twilio, smtp, at
    ):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = sms_and_mail()
        deliver(delivery_id=texts[0].pk, at=at)

        deliver(delivery_id=mails[0].pk, at=max(each.next_attempt_at for each in mails))

        assert len(twilio.calls) == 1
        assert subjects(smtp) == ["Lumbar: 3 answers are needed"]

    def test_a_routine_bundle_that_was_sent_needs_no_other_channel(self, sms_and_mail, twilio, at):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = sms_and_mail(ROUTINE)

        deliver(delivery_id=texts[0].pk, at=at)

        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_dead_follower_is_retried_in_its_own_message(self, sms_and_mail, twilio, at):
        twilio.answer(400, {"code": 30001})
        texts, _ = sms_and_mail()
        deliver(delivery_id=texts[0].pk, at=at)
        assert set(states(*texts)) == {State.DEAD}
        leader = Attempt.objects.get().delivery_id
        follower = next(each for each in texts if each.pk != leader)

        dead_letters.retry(delivery_id=follower.pk, at=at)

        assert reread(follower)[0].bundle_leader_id is None
