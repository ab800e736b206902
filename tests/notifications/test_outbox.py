from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

import psycopg
import pytest
from django.db import connection, transaction

from notifications import outbox
from notifications.models import ContactPoint, Delivery, Notification
from tests.servers import database_url


def test_a_notification_has_a_delivery_for_the_verified_address(tell, at):
    delivery = tell()

    assert delivery.state == Delivery.State.PENDING
    assert delivery.channel == "email"
    assert delivery.next_attempt_at == at


def test_what_the_caller_rolls_back_was_never_enqueued(tell):
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)

    assert not Notification.objects.exists()


def test_an_unverified_address_gets_nothing_and_counts_as_unreachable(at):
    recipient = outbox.upsert_recipient(language="en", time_zone="UTC")
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="email", address="a@example.org", at=at, verified=False
    )

    assert not outbox.reachable(recipient.pk)


def test_a_new_address_replaces_the_former_one(someone, at, tell):
    outbox.set_contact_point(
        recipient_id=someone.pk, channel="email", address="new@example.org", at=at
    )

    former = ContactPoint.objects.get(address="someone@example.org")
    assert former.disabled_reason == ContactPoint.DisabledReason.REPLACED
    assert tell().contact_point.address == "new@example.org"


def test_an_address_that_comes_back_is_used_again(someone, at, tell):
    for address in ("new@example.org", "someone@example.org"):
        outbox.set_contact_point(recipient_id=someone.pk, channel="email", address=address, at=at)

    assert tell().contact_point.address == "someone@example.org"


def test_a_zone_that_does_not_exist_is_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        outbox.upsert_recipient(language="en", time_zone="Mars/Base")


def test_an_unknown_channel_is_refused(someone, at):
    with pytest.raises(KeyError):
        outbox.set_contact_point(recipient_id=someone.pk, channel="pigeon", address="loft 4", at=at)


def test_a_text_that_is_not_a_kind_is_refused(tell):
    with pytest.raises(ValueError, match="pain is 9"):
        tell(kind="pain is 9")


def test_cancelling_a_group_ends_its_deliveries_and_no_others(tell, at):
    mine, other = tell(group="escalation:1"), tell(group="escalation:2")

    assert outbox.cancel(group="escalation:1", at=at) == 1

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, mine.ended_at) == (Delivery.State.CANCELLED, at)
    assert other.state == Delivery.State.PENDING


def test_cancelling_twice_cancels_nothing_more(tell, at):
    tell()
    outbox.cancel(group="escalation:1", at=at)

    assert outbox.cancel(group="escalation:1", at=at) == 0


@pytest.mark.parametrize(
    ("urgency", "wakes"), [(outbox.Urgency.URGENT, 1), (outbox.Urgency.ROUTINE, 0)]
)
def test_only_urgent_work_wakes_the_dispatcher(tell, urgency, wakes):
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(f"LISTEN {outbox.WAKE_CHANNEL}")
        tell(urgency=urgency)

        assert len(list(listener.notifies(timeout=0.2, stop_after=1))) == wakes


def test_the_dispatcher_is_not_woken_before_the_commit(tell):
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(f"LISTEN {outbox.WAKE_CHANNEL}")
        with transaction.atomic():
            tell()
            assert list(listener.notifies(timeout=0.2)) == []

        assert len(list(listener.notifies(timeout=2, stop_after=1))) == 1


def test_forgetting_a_recipient_leaves_no_address_and_no_delivery(tell, someone):
    tell()

    outbox.forget(recipient_id=someone.pk)

    assert not ContactPoint.objects.exists()
    assert not Delivery.objects.exists()


def test_a_notification_that_expires_before_its_creation_is_refused(tell, at):
    with pytest.raises(Exception, match="notification_expires_after_creation"):
        tell(expires_at=at - timedelta(seconds=1))
    assert connection.is_usable()
