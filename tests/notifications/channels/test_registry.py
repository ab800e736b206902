from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from notifications import channels, outbox
from notifications.api.callbacks import url_of
from notifications.channels import CHANNELS
from notifications.channels.base import (
    Callback,
    Channel,
    Message,
    Receipt,
    Retry,
    UnusableAddress,
)
from notifications.models import Attempt, Delivery
from notifications.services.deliveries.sending import deliver

DOCS = Path(__file__).parents[3] / "docs" / "channels.md"


class Pigeon(Channel):
    """A channel that only this test declares."""

    name = "pigeon"
    label = "Carrier pigeon"
    protocol = "RFC 1149"
    address_format = "a loft"
    fallback_level = 1
    retry = Retry(attempts=3, base=timedelta(seconds=5), cap=timedelta(minutes=1))
    callback = Callback(
        path="pigeon/<uuid:delivery_id>",
        read=lambda request, delivery_id: Receipt(delivery_id=delivery_id, is_delivered=True),
    )

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def credential(self, address: str) -> str:
        return "the loft"

    def check(self, address: str, secret: str) -> None:
        if not address.startswith("loft "):
            raise UnusableAddress("loft_unknown")

    def send(self, message: Message) -> str:
        self.messages.append(message)
        return "ring 7"


@pytest.fixture
def pigeon(monkeypatch) -> Pigeon:
    declared = Pigeon()
    monkeypatch.setitem(channels.CHANNELS, declared.name, declared)
    return declared


@pytest.fixture
def pigeon_delivery(pigeon, recipient, at) -> Delivery:
    """A delivery by pigeon, to somebody who also has an email address."""
    outbox.set_contact_point(recipient_id=recipient.pk, channel="pigeon", address="loft 4", at=at)
    notification = outbox.enqueue(
        recipient_id=recipient.pk,
        kind=outbox.Kind.ESCALATION,
        group="escalation:1",
        urgency=outbox.Urgency.URGENT,
        expires_at=at + timedelta(hours=1),
        link="/console/",
        at=at,
    )
    return notification.deliveries.get(channel="pigeon")


def test_a_declared_channel_is_accepted_as_an_address_and_checked(pigeon, recipient, at):
    assert ("pigeon", "Carrier pigeon") in channels.choices()
    assert outbox.is_channel_configured("pigeon")

    outbox.set_contact_point(recipient_id=recipient.pk, channel="pigeon", address="loft 4", at=at)
    with pytest.raises(UnusableAddress):
        outbox.set_contact_point(recipient_id=recipient.pk, channel="pigeon", address="tree", at=at)

    [point] = outbox.addresses(recipient.pk, "pigeon")
    assert point.address == "loft 4"


def test_a_declared_channel_is_used_by_the_outbox_in_its_order(pigeon_delivery, at):
    email = pigeon_delivery.notification.deliveries.get(channel="email")

    assert (pigeon_delivery.fallback_level, pigeon_delivery.next_attempt_at) == (0, at)
    assert pigeon_delivery.attempts_allowed == 3
    assert email.fallback_level == 1


def test_a_declared_channel_is_called_and_its_attempt_is_written(pigeon, pigeon_delivery, at):
    assert deliver(delivery_id=pigeon_delivery.pk, at=at)

    attempt = Attempt.objects.get()
    assert (attempt.channel, attempt.credential, attempt.outcome) == ("pigeon", "the loft", "sent")
    [message] = pigeon.messages
    assert message.address == "loft 4"


def test_a_declared_callback_has_a_url_that_takes_receipts(pigeon, pigeon_delivery, at, settings):
    deliver(delivery_id=pigeon_delivery.pk, at=at)
    settings.ROOT_URLCONF = (url_of(pigeon, pigeon.callback),)

    answer = Client().post(f"/pigeon/{pigeon_delivery.pk}")

    pigeon_delivery.refresh_from_db()
    assert answer.status_code == 204
    assert pigeon_delivery.state == Delivery.State.DELIVERED


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_the_documents_table_has_the_channels_declaration(channel):
    set_up_by = ", ".join(f"`{name}`" for name in channel.setting_names) or "nothing"
    cells = (f"`{channel.name}`", channel.protocol, channel.address_format, channel.key_format)
    level = str(channel.fallback_level)

    assert f"| {' | '.join((*cells, level, set_up_by))} |" in DOCS.read_text()


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_a_declaration_fits_the_database(channel):
    assert len(channel.name) <= 16
    assert channel.enabled_by is None or channel.enabled_by in channel.setting_names
