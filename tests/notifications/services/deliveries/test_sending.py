from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

import clock
from notifications import outbox
from notifications.channels.base import PermanentFailure, TransientFailure
from notifications.models import Attempt, Breaker, ContactPoint, Delivery
from notifications.services.deliveries import attempts, claims
from notifications.services.deliveries.expiry import expire
from notifications.services.deliveries.sending import deliver

State = Delivery.State
ADDRESS = "someone@example.org"


def reread(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def lose_the_lease(delivery: Delivery) -> None:
    clock.shift(claims.LEASE + timedelta(seconds=1))
    assert reread(delivery).lease_until < clock.now()


def claimed_and_begun(delivery: Delivery, at) -> claims.Claim:
    claim = claims.take(delivery_id=delivery.pk, at=at)
    assert attempts.begin(claim, at=at)
    return claim


def test_a_delivery_is_sent_once(enqueue, smtp, at):
    delivery = enqueue()

    assert deliver(delivery_id=delivery.pk, at=at)
    assert not deliver(delivery_id=delivery.pk, at=at)

    [mail] = smtp.mails
    assert reread(delivery).state == State.SENT
    assert delivery.provider_reference == mail.id
    assert delivery.attempt_rows.get().outcome == Attempt.Outcome.SENT


def test_the_link_leads_to_this_site(enqueue, smtp, at, settings):
    settings.PUBLIC_URL = "https://lumbar.example.org"
    deliver(delivery_id=enqueue(link="/console/flags/7").pk, at=at)

    assert "https://lumbar.example.org/console/flags/7" in smtp.mails[0].message.get_content()


def test_a_4xx_answer_is_tried_again_later_and_then_sent(enqueue, smtp, at):
    smtp.answer_data(ADDRESS, "451 come back later")
    delivery = enqueue()

    deliver(delivery_id=delivery.pk, at=at)
    assert reread(delivery).state == State.PENDING
    assert delivery.last_code == "smtp_451"
    assert not deliver(delivery_id=delivery.pk, at=delivery.next_attempt_at - timedelta(seconds=1))
    deliver(delivery_id=delivery.pk, at=delivery.next_attempt_at)

    assert reread(delivery).state == State.SENT
    assert len(smtp.mails) == 1


def test_a_550_answer_ends_the_delivery(enqueue, smtp, at):
    smtp.answer_recipient(ADDRESS, "550 no such user")
    delivery = enqueue()

    deliver(delivery_id=delivery.pk, at=at)

    assert reread(delivery).state == State.DEAD
    assert delivery.last_code == "smtp_550"


def test_an_address_refused_twice_is_used_no_more(enqueue, smtp, at, recipient):
    smtp.answer_recipient(ADDRESS, *["550 no such user"] * 2)

    deliver(delivery_id=enqueue().pk, at=at)
    assert outbox.reachable(recipient.pk)
    deliver(delivery_id=enqueue().pk, at=at)

    assert not outbox.reachable(recipient.pk)
    assert ContactPoint.objects.get().disabled_reason == ContactPoint.DisabledReason.REFUSED


def test_the_last_attempt_that_fails_ends_the_delivery(enqueue, smtp, at):
    delivery = enqueue()
    Delivery.objects.update(attempts_allowed=1)
    smtp.answer_data(ADDRESS, "451 come back later")

    deliver(delivery_id=delivery.pk, at=at)

    assert reread(delivery).state == State.DEAD


def test_a_delivery_that_raises_does_not_stop_the_others(enqueue, smtp, at):
    poison, good = enqueue(), enqueue()
    poison.notification.kind = "of tomorrow"
    poison.notification.save()

    for delivery in (poison, good):
        deliver(delivery_id=delivery.pk, at=at)

    assert reread(poison).last_code == "ValueError"
    assert reread(good).state == State.SENT


def test_no_transaction_is_open_during_the_call(enqueue, smtp, at):
    seen = []

    def look(mail):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            seen.append(cursor.fetchone()[0])
        connection.close()

    smtp.while_data = look
    deliver(delivery_id=enqueue().pk, at=at)

    assert seen == [0]


def test_two_claims_at_once_do_not_both_succeed(enqueue, smtp, at):
    deliveries = [enqueue() for _ in range(20)]
    barrier = threading.Barrier(4, timeout=10)  # whoever fails must not hold up the others

    def work():
        try:
            for delivery in deliveries:
                barrier.wait()
                deliver(delivery_id=delivery.pk, at=at)
        finally:
            connection.close()

    together(work, 4)

    assert len(smtp.mails) == 20
    assert Attempt.objects.count() == 20


def test_a_lease_that_ran_out_is_claimed_again(enqueue, smtp, at):
    delivery = enqueue()
    claims.take(delivery_id=delivery.pk, at=at)
    assert not deliver(delivery_id=delivery.pk, at=at)

    lose_the_lease(delivery)

    assert deliver(delivery_id=delivery.pk, at=at)
    assert reread(delivery).state == State.SENT
    assert delivery.attempts == 2


def test_a_claim_whose_lease_was_taken_over_does_not_begin(enqueue, smtp, at):
    delivery = enqueue()
    slow = claims.take(delivery_id=delivery.pk, at=at)
    lose_the_lease(delivery)
    claims.take(delivery_id=delivery.pk, at=at)

    assert attempts.begin(slow, at=at) is None
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "result", [attempts.Sent("late"), TransientFailure("late"), PermanentFailure("late")]
)
def test_a_late_result_is_written_on_the_attempt_only(enqueue, at, result):
    delivery = enqueue()
    slow = claimed_and_begun(delivery, at)
    lose_the_lease(delivery)
    other = claimed_and_begun(delivery, at)

    assert not attempts.finish(slow, reread(delivery), result, 40.0, at=at)

    assert reread(delivery).state == State.CLAIMED
    assert delivery.claim_no == other.number
    assert delivery.attempt_rows.get(claim_no=slow.number).ended_at


def test_a_cancelled_delivery_does_not_begin(enqueue, at):
    delivery = enqueue()
    claim = claims.take(delivery_id=delivery.pk, at=at)
    outbox.cancel(group="escalation:1", at=at)

    assert attempts.begin(claim, at=at) is None
    assert not Attempt.objects.exists()


def test_an_attempt_waits_for_a_cancel_under_way_and_then_does_not_begin(enqueue, at):
    delivery = enqueue()
    claim = claims.take(delivery_id=delivery.pk, at=at)
    begun = []

    def begin():
        begun.append(attempts.begin(claim, at=at))
        connection.close()

    with transaction.atomic():
        outbox.cancel(group="escalation:1", at=at)
        thread = threading.Thread(target=begin)
        thread.start()
        wait_until_waiting_for_a_lock(1)
    thread.join()

    assert begun == [None]


def test_an_attempt_that_begins_while_its_recipient_is_erased_is_erased_too(enqueue, recipient, at):
    delivery = enqueue()
    claim = claims.take(delivery_id=delivery.pk, at=at)
    failed = []

    def forget():
        try:
            outbox.forget(recipient_id=recipient.pk)
        except IntegrityError as error:
            failed.append(error)
        connection.close()

    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=delivery.pk)
        thread = threading.Thread(target=forget)
        thread.start()
        wait_until_waiting_for_a_lock(1)
        Attempt.objects.create(
            delivery=delivery, claim_no=claim.number, started_at=at, channel=delivery.channel
        )
    thread.join()

    assert failed == []
    assert not Attempt.objects.exists()


def test_a_result_and_the_erasure_of_its_recipient_do_not_deadlock(enqueue, recipient, at):
    """As when a patient enrols while the invitation's mail is being sent."""
    delivery = enqueue()
    claim = claimed_and_begun(delivery, at)
    Breaker.objects.create(
        channel=delivery.channel,
        credential=attempts.credential_of(delivery),
        opened_at=at,
        probe_at=at,
    )
    failed = []

    def in_a_thread(action):
        def run():
            try:
                action()
            except OperationalError as error:
                failed.append(type(error.__cause__).__name__)
            connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with transaction.atomic():
        Breaker.objects.select_for_update().get()
        result = in_a_thread(
            lambda: attempts.finish(claim, reread(delivery), attempts.Sent("x"), 0.1, at=at)
        )
        wait_until_waiting_for_a_lock(1)
        forgetting = in_a_thread(lambda: outbox.forget(recipient_id=recipient.pk))
        wait_until_waiting_for_a_lock(2)
    result.join()
    forgetting.join()

    assert failed == []
    assert not Delivery.objects.exists()


def test_a_result_after_a_cancel_leaves_the_delivery_cancelled(enqueue, at):
    delivery = enqueue()
    claim = claimed_and_begun(delivery, at)
    outbox.cancel(group="escalation:1", at=at)

    assert not attempts.finish(claim, reread(delivery), attempts.Sent("x"), 0.1, at=at)
    assert reread(delivery).state == State.CANCELLED


def test_no_attempt_starts_after_an_acknowledgement_commits(enqueue, smtp):
    """I5, by races of a cancel against four who deliver."""
    for number in range(15):
        group = f"race:{number}"
        deliveries = [enqueue(group=group, at=clock.now()) for _ in range(4)]
        committed = []
        barrier = threading.Barrier(5)

        def acknowledge(group=group, committed=committed, barrier=barrier):
            barrier.wait()
            outbox.cancel(group=group, at=clock.now())
            committed.append(clock.now())
            connection.close()

        def work(delivery, barrier=barrier):
            barrier.wait()
            deliver(delivery_id=delivery.pk, at=clock.now())
            connection.close()

        threads = [threading.Thread(target=work, args=[delivery]) for delivery in deliveries]
        threads.append(threading.Thread(target=acknowledge))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        started = Attempt.objects.filter(delivery__notification__group=group)
        assert all(attempt.started_at <= committed[0] for attempt in started)
        assert not Delivery.objects.unfinished().filter(notification__group=group).exists()


def test_a_disabled_address_is_not_used_though_it_was_good_when_enqueued(
    enqueue, smtp, at, recipient
):
    delivery = enqueue()
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="email", address="new@example.org", at=at
    )

    deliver(delivery_id=delivery.pk, at=at)

    assert reread(delivery).state == State.SUPPRESSED
    assert smtp.mails == []


def test_what_is_too_late_to_be_useful_expires_unsent(enqueue, smtp, at):
    delivery = enqueue()
    late = delivery.expires_at

    assert not deliver(delivery_id=delivery.pk, at=late)
    expire(at=late, limit=10)

    assert reread(delivery).state == State.EXPIRED
    assert smtp.mails == []


def test_a_delivery_that_kills_its_workers_ends_dead(enqueue, at):
    delivery = enqueue(expires_at=at + timedelta(days=1))
    for _ in range(delivery.attempts_allowed):
        claimed_and_begun(delivery, at)
        assert expire(at=at, limit=10) == 0
        lose_the_lease(delivery)

    assert claims.take(delivery_id=delivery.pk, at=at) is None
    expire(at=at, limit=10)

    assert reread(delivery).state == State.DEAD
    assert delivery.attempt_rows.filter(ended_at__isnull=True).count() == 10


QUIET = {"quiet_from": time(22), "quiet_until": time(7)}


@pytest.mark.parametrize(
    ("urgency", "state"),
    [(outbox.Urgency.URGENT, State.SENT), (outbox.Urgency.ROUTINE, State.PENDING)],
)
def test_quiet_hours_hold_back_routine_messages_only(enqueue, smtp, recipient, urgency, state):
    outbox.upsert_recipient(
        recipient_id=recipient.pk, language="en", time_zone="Europe/Berlin", **QUIET
    )
    night = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    morning = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 07:00 in Berlin
    delivery = enqueue(at=night, expires_at=night + timedelta(days=1), urgency=urgency)

    deliver(delivery_id=delivery.pk, at=night)
    assert reread(delivery).state == state

    if state == State.PENDING:
        assert delivery.next_attempt_at == morning
        assert delivery.attempts == 0
        deliver(delivery_id=delivery.pk, at=morning)
        assert reread(delivery).state == State.SENT


def together(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait_until_waiting_for_a_lock(count):
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one only
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] == count:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError(f"not {count} waited")
