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
from tests.notifications.services.deliveries.test_fallback_channels import NUMBER, twilio

__all__ = ["twilio"]

State = Delivery.State
URGENT, ROUTINE = outbox.Urgency.URGENT, outbox.Urgency.ROUTINE
WORKLIST = "/console/"


#: Where several threads work, what they see must be committed.
threaded = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(db):
    return clock.now()


@pytest.fixture
def flags(tell):
    """Tell of so many things at once, each of its own group; return their deliveries."""

    def flags(count: int, **changes) -> list[Delivery]:
        with transaction.atomic():
            return [
                tell(**{"group": f"ladder:{number}", "list_link": WORKLIST} | changes)
                for number in range(count)
            ]

    return flags


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
def test_three_hundred_flags_at_once_are_one_message_whoever_claims_them(flags, smtp, at):
    """I7, against four who deliver at the same time."""
    deliveries = flags(300)
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


def test_the_first_goes_at_once_and_an_emergency_after_it_is_told_soon(flags, smtp, at):
    first, *_ = flags(1)
    deliver(delivery_id=first.pk, at=at)
    now = clock.now()
    emergency, other = flags(2, at=now)

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
def test_however_they_come_there_are_few_messages_and_nobody_waits_long(seconds, pace):
    begin = datetime(2026, 11, 22, tzinfo=UTC)
    messages: list[datetime] = []
    for arrival in sorted(begin + timedelta(seconds=each) for each in seconds):
        if messages and messages[-1] >= arrival:
            continue  # the message to come takes it along
        lately = [each for each in messages if each > arrival - pace.window]
        messages.append(max(arrival, pace.not_before(lately) or arrival))
        assert messages[-1] - arrival <= pace.longest

    for each in messages:
        assert sum(each <= other < each + pace.window for other in messages) <= 10


def test_what_was_acknowledged_before_the_message_goes_is_not_counted(flags, smtp, at):
    deliveries = flags(5)
    outbox.cancel(group="ladder:3", at=at)

    deliver(delivery_id=deliveries[0].pk, at=at)

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert states(deliveries[3]) == [State.CANCELLED]


def test_what_was_acknowledged_after_the_claim_is_not_counted_either(flags, at):
    deliveries = flags(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    outbox.cancel(group="ladder:3", at=at)

    assert attempts.begin(claim, at=at).count == 4


def test_a_bundle_of_which_all_was_acknowledged_does_not_go_out(flags, at):
    deliveries = flags(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    for number in range(5):
        outbox.cancel(group=f"ladder:{number}", at=at)

    assert attempts.begin(claim, at=at) is None
    assert not Attempt.objects.exists()
    assert set(states(*deliveries)) == {State.CANCELLED}


def test_an_acknowledged_carrier_lets_the_others_go_at_once(flags, smtp, at):
    deliveries = flags(5)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    outbox.cancel(group="ladder:0", at=at)
    assert attempts.begin(claim, at=at) is None

    assert deliver(delivery_id=deliveries[1].pk, at=clock.now())

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert states(*deliveries) == [State.CANCELLED, *[State.SENT] * 4]


@threaded
def test_a_bundle_does_not_wait_for_an_acknowledgement_under_way(flags, at):
    """Who holds one follower may want another: to wait for it would be a deadlock."""
    deliveries = flags(3)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = []

    def begin():
        begun.append(attempts.begin(claim, at=at))
        connection.close()

    with transaction.atomic():
        outbox.cancel(group="ladder:2", at=at)
        thread = threading.Thread(target=begin)
        thread.start()
        thread.join()

    assert begun[0].count == 2
    assert states(deliveries[2]) == [State.CANCELLED]


def test_what_was_acknowledged_during_the_call_stays_so(flags, at):
    deliveries = flags(3)
    claim = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = attempts.begin(claim, at=at)
    outbox.cancel(group="ladder:0", at=at)
    outbox.cancel(group="ladder:1", at=at)

    assert not attempts.finish(claim, begun.delivery, attempts.Sent("x"), 0.1, at=at)

    assert states(*deliveries) == [State.CANCELLED, State.CANCELLED, State.SENT]


def test_what_a_dead_worker_held_comes_again_under_the_same_name(flags, smtp, at):
    deliveries = flags(5)
    first = claims.take(delivery_id=deliveries[0].pk, at=at)
    attempts.begin(first, at=at)

    later = lose_the_lease()
    assert deliver(delivery_id=deliveries[3].pk, at=later)

    assert subjects(smtp) == ["Lumbar: 5 answers are needed"]
    assert smtp.mails[0].id.startswith(f"<{deliveries[0].pk}@")
    assert set(states(*deliveries)) == {State.SENT}


def test_who_wakes_after_the_lease_ends_nothing_of_the_bundle(flags, at):
    deliveries = flags(3)
    slow = claims.take(delivery_id=deliveries[0].pk, at=at)
    begun = attempts.begin(slow, at=at)
    attempts.begin(claims.take(delivery_id=deliveries[1].pk, at=lose_the_lease()), at=at)

    assert not attempts.finish(slow, begun.delivery, attempts.Sent("late"), 40.0, at=at)

    assert set(states(*deliveries)) == {State.CLAIMED}


def test_a_bundle_that_kills_its_workers_ends_dead(flags, at):
    deliveries = flags(3, expires_at=at + timedelta(days=1))
    for _ in range(deliveries[0].attempts_allowed):
        claim = claims.take(delivery_id=deliveries[0].pk, at=clock.now())
        attempts.begin(claim, at=at)
        lose_the_lease()

    expire(at=clock.now(), limit=10)

    assert set(states(*deliveries)) == {State.DEAD}


def test_a_4xx_answer_brings_all_of_it_again_with_what_has_come_since(flags, smtp, at):
    smtp.answer_data("someone@example.org", "451 come back later")
    deliveries = flags(3)
    deliver(delivery_id=deliveries[0].pk, at=at)
    assert set(states(*deliveries)) == {State.PENDING}

    late = max(each.next_attempt_at for each in reread(*deliveries))
    [newer] = flags(1, group="ladder:new")
    deliver(delivery_id=newer.pk, at=late)

    assert subjects(smtp) == ["Lumbar: 4 answers are needed"]
    assert set(states(newer, *deliveries)) == {State.SENT}


def test_what_is_too_much_for_one_message_goes_with_the_next(flags, smtp, at, monkeypatch):
    monkeypatch.setattr(bundles, "MAX_DELIVERIES", 3)
    deliveries = flags(5)

    deliver(delivery_id=deliveries[4].pk, at=at)
    assert subjects(smtp) == ["Lumbar: 3 answers are needed"]
    assert states(deliveries[4]) == [State.SENT]
    left = next(each for each in reread(*deliveries) if each.state == State.PENDING)
    assert deliver(delivery_id=left.pk, at=clock.now() + bundles.URGENT_THROTTLE.longest)

    assert subjects(smtp)[1:] == ["Lumbar: 2 answers are needed"]


def test_two_notices_of_one_thing_are_counted_once(flags, smtp, at):
    step, page = flags(1)[0], flags(1, kind=outbox.Kind.ESCALATION_EXHAUSTED)[0]

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
def test_only_what_belongs_together_shares_a_message(flags, smtp, at, changes):
    mine, other = flags(1)[0], flags(1, **changes)[0]

    deliver(delivery_id=mine.pk, at=at)

    assert states(mine, other) == [State.SENT, State.PENDING]


class TestOverTwoChannels:
    @pytest.fixture
    def both(self, someone, twilio, smtp, at):
        """Three things for somebody with a phone number and an inbox: (by SMS, by mail)."""
        outbox.set_contact_point(recipient_id=someone.pk, channel="sms", address=NUMBER, at=at)

        def both(urgency=URGENT):
            for number in range(3):
                outbox.enqueue(
                    recipient_id=someone.pk,
                    kind=outbox.Kind.ESCALATION,
                    group=f"ladder:{number}",
                    urgency=urgency,
                    expires_at=at + timedelta(hours=1),
                    link="/console/flags/1/",
                    list_link=WORKLIST,
                    at=at,
                )
            rows = Delivery.objects.order_by("notification__group")
            return list(rows.filter(channel="sms")), list(rows.filter(channel="email"))

        return both

    def test_a_receipt_confirms_all_of_a_bundle(self, both, twilio, at):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = both()
        deliver(delivery_id=texts[1].pk, at=at)
        leader = Attempt.objects.get().delivery_id

        assert receipts.record_delivered(delivery_id=leader, channel="sms", at=at)
        assert not receipts.record_delivered(delivery_id=leader, channel="sms", at=at)

        assert set(states(*texts)) == {State.DELIVERED}
        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_receipt_before_the_answer_confirms_all_of_it_too(self, both, at):
        texts, mails = both()
        claim = claims.take(delivery_id=texts[0].pk, at=at)
        begun = attempts.begin(claim, at=at)

        receipts.record_delivered(delivery_id=begun.delivery.pk, channel="sms", at=at)
        attempts.finish(claim, begun.delivery, attempts.Sent("x"), 0.1, at=at)

        assert set(states(*texts)) == {State.DELIVERED}
        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_receipt_of_a_failure_brings_all_of_it_to_the_next_channel(
        self, both, twilio, smtp, at
    ):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = both()
        deliver(delivery_id=texts[0].pk, at=at)
        leader = Attempt.objects.get().delivery_id

        report = Receipt(delivery_id=leader, is_delivered=False, code="gone")
        receipts.record(report, channel="sms", at=clock.now())
        deliver(delivery_id=mails[0].pk, at=clock.now())

        assert set(states(*texts)) == {State.DEAD}
        assert subjects(smtp) == ["Lumbar: 3 answers are needed"]

    def test_what_nobody_confirms_falls_to_the_next_channel_as_a_bundle(
        self, both, twilio, smtp, at
    ):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = both()
        deliver(delivery_id=texts[0].pk, at=at)

        deliver(delivery_id=mails[0].pk, at=max(each.next_attempt_at for each in mails))

        assert len(twilio.calls) == 1
        assert subjects(smtp) == ["Lumbar: 3 answers are needed"]

    def test_a_routine_bundle_that_was_sent_needs_no_other_channel(self, both, twilio, at):
        twilio.answer(201, {"sid": "SM1"})
        texts, mails = both(ROUTINE)

        deliver(delivery_id=texts[0].pk, at=at)

        assert set(states(*mails)) == {State.SUPPRESSED}

    def test_a_dead_member_that_is_tried_again_has_a_message_of_its_own(self, both, twilio, at):
        twilio.answer(400, {"code": 30001})
        texts, _ = both()
        deliver(delivery_id=texts[0].pk, at=at)
        assert set(states(*texts)) == {State.DEAD}
        leader = Attempt.objects.get().delivery_id
        follower = next(each for each in texts if each.pk != leader)

        dead_letters.retry(delivery_id=follower.pk, at=at)

        assert reread(follower)[0].bundle_leader_id is None
