from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

import psycopg
import pytest
from django.db import connection, transaction

from notifications import outbox
from notifications.models import ContactPoint, Delivery, Notification
from tests.servers import database_url


def test_a_notification_has_a_delivery_for_the_verified_address(enqueue, at):
    delivery = enqueue()

    assert delivery.state == Delivery.State.PENDING
    assert delivery.channel == "email"
    assert delivery.next_attempt_at == at


def test_what_the_caller_rolls_back_was_never_enqueued(enqueue):
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)

    assert not Notification.objects.exists()


def test_an_unverified_address_gets_nothing_and_counts_as_unreachable(at):
    recipient = outbox.upsert_recipient(language="en", time_zone="UTC")
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="email", address="a@example.org", at=at, verified=False
    )

    assert not outbox.reachable(recipient.pk)


def test_a_new_address_replaces_the_former_one(recipient, at, enqueue):
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="email", address="new@example.org", at=at
    )

    former = ContactPoint.objects.get(address="someone@example.org")
    assert former.disabled_reason == ContactPoint.DisabledReason.REPLACED
    assert enqueue().contact_point.address == "new@example.org"


def test_an_address_that_comes_back_is_used_again(recipient, at, enqueue):
    for address in ("new@example.org", "someone@example.org"):
        outbox.set_contact_point(recipient_id=recipient.pk, channel="email", address=address, at=at)

    assert enqueue().contact_point.address == "someone@example.org"


def test_a_zone_that_does_not_exist_is_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        outbox.upsert_recipient(language="en", time_zone="Mars/Base")


def test_an_unknown_channel_is_refused(recipient, at):
    with pytest.raises(KeyError):
        outbox.set_contact_point(
            recipient_id=recipient.pk, channel="pigeon", address="loft 4", at=at
        )


def test_a_text_that_is_not_a_kind_is_refused(enqueue):
    with pytest.raises(ValueError, match="pain is 9"):
        enqueue(kind="pain is 9")


def test_cancelling_a_group_ends_its_deliveries_and_no_others(enqueue, at):
    mine, other = enqueue(group="escalation:1"), enqueue(group="escalation:2")

    assert outbox.cancel(group="escalation:1", at=at) == 1

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, mine.ended_at) == (Delivery.State.CANCELLED, at)
    assert other.state == Delivery.State.PENDING


def test_cancelling_twice_cancels_nothing_more(enqueue, at):
    enqueue()
    outbox.cancel(group="escalation:1", at=at)

    assert outbox.cancel(group="escalation:1", at=at) == 0


@pytest.mark.parametrize(
    ("urgency", "wakes"), [(outbox.Urgency.URGENT, 1), (outbox.Urgency.ROUTINE, 0)]
)
def test_only_urgent_work_wakes_the_dispatcher(enqueue, urgency, wakes):
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(f"LISTEN {outbox.WAKE_CHANNEL}")
        enqueue(urgency=urgency)

        assert len(list(listener.notifies(timeout=0.2, stop_after=1))) == wakes


def test_the_dispatcher_is_not_woken_before_the_commit(enqueue):
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(f"LISTEN {outbox.WAKE_CHANNEL}")
        with transaction.atomic():
            enqueue()
            assert list(listener.notifies(timeout=0.2)) == []

        assert len(list(listener.notifies(timeout=2, stop_after=1))) == 1


def test_forgetting_a_recipient_leaves_no_address_and_no_delivery(enqueue, recipient):
    enqueue()

    outbox.forget(recipient_id=recipient.pk)

    assert not ContactPoint.objects.exists()
    assert not Delivery.objects.exists()


def test_a_notification_that_expires_before_its_creation_is_refused(enqueue, at):
    with pytest.raises(Exception, match="notification_expires_after_creation"):
        enqueue(expires_at=at - timedelta(seconds=1))
    assert connection.is_usable()
