"""Fixtures for what is sent: a recipient, a delivery to them, and a real SMTP server."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from notifications import outbox
from notifications.models import Delivery
from tests.smtp import running_sink

#: Twilio accepts this number in tests.
PHONE_NUMBER = "+15005550006"


@pytest.fixture
def at(transactional_db):
    return clock.now()


@pytest.fixture
def smtp(settings):
    with running_sink() as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        yield sink


@pytest.fixture
def recipient(at):
    """A recipient with a verified address."""
    recipient = outbox.upsert_recipient(language="en", time_zone="Europe/Berlin")
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="email", address="someone@example.org", at=at
    )
    return recipient


@pytest.fixture
def enqueue(at, recipient):
    """Enqueue a notification and return its one delivery."""

    def enqueue(**changes) -> Delivery:
        given = {
            "recipient_id": recipient.pk,
            "kind": outbox.Kind.ESCALATION,
            "group": "escalation:1",
            "urgency": outbox.Urgency.URGENT,
            "expires_at": at + timedelta(hours=1),
            "link": "/console/",
            "at": at,
        }
        return outbox.enqueue(**given | changes).deliveries.get()

    return enqueue
