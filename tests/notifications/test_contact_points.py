from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import InvalidToken
from django.db import connection

from notifications import outbox
from notifications.models import ContactPoint
from notifications.services.contact_points import MOST_DEVICES

PHONE = "0123456789abcdef" * 4


@pytest.fixture
def another(at):
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


def test_several_devices_are_used_beside_each_other(someone, at, apns):
    add(someone, at)
    add(someone, at, "f" * 64)

    assert ContactPoint.objects.usable().filter(channel="apns").count() == 2


def test_the_same_device_again_is_one(someone, at, apns):
    assert add(someone, at).pk == add(someone, at).pk


def test_a_device_that_changes_hands_is_its_new_owners(someone, another, at, apns):
    add(someone, at)
    add(another, at)

    assert not ContactPoint.objects.usable().filter(recipient=someone, channel="apns").exists()
    assert outbox.reachable(another.pk)


def test_of_too_many_devices_the_oldest_goes(someone, at, apns):
    for number in range(MOST_DEVICES + 1):
        add(someone, at + timedelta(minutes=number), f"{number:064x}")

    kept = ContactPoint.objects.usable().filter(channel="apns").values_list("address", flat=True)
    assert len(kept) == MOST_DEVICES
    assert f"{0:064x}" not in kept


def test_a_removed_device_is_used_no_more_and_only_its_owner_removes_it(someone, another, at, apns):
    point = add(someone, at, secret="keys")

    assert not outbox.remove_contact_point(
        recipient_id=another.pk, contact_point_id=point.pk, at=at
    )
    assert outbox.remove_contact_point(recipient_id=someone.pk, contact_point_id=point.pk, at=at)

    point.refresh_from_db()
    assert (point.is_usable, point.secret) == (False, "")


def test_a_channel_that_is_not_set_up_reaches_nobody(another, at):
    add(another, at)

    assert not outbox.is_channel_configured("apns")
    assert not outbox.reachable(another.pk)


def test_what_is_no_address_of_the_channel_is_refused(someone, at):
    with pytest.raises(outbox.UnusableAddress):
        add(someone, at, "not a token")


def test_a_secret_is_not_readable_in_the_database(someone, at):
    point = add(someone, at, secret="the keys of a phone")

    assert "keys" not in stored_secret(point)
    point.refresh_from_db()
    assert point.secret == "the keys of a phone"


def test_a_secret_survives_a_change_of_the_key_while_the_former_is_known(someone, at, settings):
    point = add(someone, at, secret="the keys of a phone")
    settings.SECRET_KEY, former = "another key", settings.SECRET_KEY

    with pytest.raises(InvalidToken):
        point.refresh_from_db()
    settings.SECRET_KEY_FALLBACKS = [former]
    point.refresh_from_db()

    assert point.secret == "the keys of a phone"
