from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import InvalidToken
from django.core.management import call_command
from django.db import connection

import clock
from notifications import outbox
from notifications.channels.email import Email
from notifications.channels.webhook import Webhook
from notifications.models import ContactPoint
from notifications.services.contact_points.addresses import DEVICES_EXPIRE_AFTER, MAX_DEVICES
from notifications.services.deliveries.sending import deliver
from notifications.services.notifications.prune import prune

PHONE = "0123456789abcdef" * 4


@pytest.fixture
def other_recipient(at):
    return outbox.upsert_recipient(language="en", time_zone="UTC")


@pytest.fixture
def apns(settings):
    settings.APNS_KEY = "a key"


def add(who, at, address: str = PHONE, secret: str = "") -> ContactPoint:
    return outbox.add_contact_point(
        recipient_id=who.pk, channel="apns", address=address, secret=secret, at=at
    )


def stored_secret(point: ContactPoint) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM notifications_contactpoint WHERE id = %s", [point.pk])
        return cursor.fetchone()[0]


def test_a_person_can_have_several_devices(recipient, at, apns):
    add(recipient, at)
    add(recipient, at, "f" * 64)

    assert ContactPoint.objects.usable().filter(channel="apns").count() == 2


def test_the_same_device_again_is_one(recipient, at, apns):
    assert add(recipient, at).pk == add(recipient, at).pk


def test_a_device_registered_by_another_person_belongs_to_them(
    recipient, other_recipient, at, apns
):
    add(recipient, at)
    add(other_recipient, at)

    assert not ContactPoint.objects.usable().filter(recipient=recipient, channel="apns").exists()
    assert outbox.reachable(other_recipient.pk)


def test_beyond_the_limit_of_devices_the_oldest_is_disabled(recipient, at, apns):
    for number in range(MAX_DEVICES + 1):
        add(recipient, at + timedelta(minutes=number), f"{number:064x}")

    kept = ContactPoint.objects.usable().filter(channel="apns").values_list("address", flat=True)
    assert len(kept) == MAX_DEVICES
    assert f"{0:064x}" not in kept


def test_only_its_owner_can_remove_a_device(recipient, other_recipient, at, apns):
    point = add(recipient, at, secret="keys")

    assert not outbox.remove_contact_point(
        recipient_id=other_recipient.pk, contact_point_id=point.pk, at=at
    )
    assert outbox.remove_contact_point(recipient_id=recipient.pk, contact_point_id=point.pk, at=at)

    point.refresh_from_db()
    assert (point.is_usable, point.secret) == (False, "")


def test_an_unconfigured_channel_reaches_nobody(other_recipient, at):
    add(other_recipient, at)

    assert not outbox.is_channel_configured("apns")
    assert not outbox.reachable(other_recipient.pk)


def test_a_malformed_address_is_refused(recipient, at):
    with pytest.raises(outbox.UnusableAddress):
        add(recipient, at, "not a token")


def test_a_secret_is_not_readable_in_the_database(recipient, at):
    point = add(recipient, at, secret="the keys of a phone")

    assert "keys" not in stored_secret(point)
    point.refresh_from_db()
    assert point.secret == "the keys of a phone"


def test_a_secret_survives_a_change_of_the_key_while_the_former_is_known(recipient, at, settings):
    point = add(recipient, at, secret="the keys of a phone")
    settings.SECRET_KEY, former = "another key", settings.SECRET_KEY

    with pytest.raises(InvalidToken):
        point.refresh_from_db()
    settings.SECRET_KEY_FALLBACKS = [former]
    point.refresh_from_db()

    assert point.secret == "the keys of a phone"


class TestGivenUp:
    @pytest.fixture(autouse=True)
    def _mail_may_fail_for_three_days(self, monkeypatch):
        """As webhooks may; these tests have a mail server."""
        assert Webhook.disabled_after_failing_for == timedelta(hours=72)
        monkeypatch.setattr(Email, "disabled_after_failing_for", timedelta(hours=72))

    @pytest.fixture
    def after(self, enqueue, smtp, at):
        """Send a message so many hours later, to a server with this response."""

        def after(hours: int, answer: str | None = None) -> ContactPoint:
            if answer:
                smtp.answer_data("someone@example.org", answer)
            now = at + timedelta(hours=hours)
            deliver(delivery_id=enqueue(at=now, expires_at=now + timedelta(hours=1)).pk, at=now)
            return ContactPoint.objects.get()

        return after

    def test_an_address_that_fails_for_three_days_is_disabled_and_listed(self, after):
        assert after(0, "451 no").is_usable
        assert after(71, "451 no").is_usable
        point = after(72, "451 no")

        assert (point.is_usable, point.disabled_reason) == (False, "failing")
        said = StringIO()
        clock.shift(timedelta(hours=72))
        call_command("dead_letters", stdout=said)
        assert f"{point.pk}" in said.getvalue()
        assert "address disabled: failing" in said.getvalue()
        assert point.address not in said.getvalue()

    def test_an_address_that_was_reached_in_between_stays_in_use(self, after):
        after(0, "451 no")
        after(40)

        assert after(80, "451 no").is_usable


def test_a_device_that_has_not_registered_for_two_months_is_disabled(recipient, at, apns):
    old, recent = add(recipient, at), add(recipient, at + timedelta(days=1), "f" * 64)

    prune(at=at + DEVICES_EXPIRE_AFTER + timedelta(seconds=1), limit=10)

    old.refresh_from_db()
    recent.refresh_from_db()
    assert (old.disabled_reason, recent.is_usable) == ("stale", True)
    assert ContactPoint.objects.get(channel="email").is_usable
