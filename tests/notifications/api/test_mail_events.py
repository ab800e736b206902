"""Reports of a mail provider, in the form that Postmark documents."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.test import Client

from notifications import outbox
from notifications.models import ContactPoint, Delivery
from notifications.services.deliveries.sending import deliver

ADDRESS = "/callbacks/anymail/postmark/tracking/"
SECRET = "provider:a long secret"


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def sent(enqueue, smtp, at) -> Delivery:
    delivery = enqueue()
    deliver(delivery_id=delivery.pk, at=at)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    return delivery


def report(delivery_id: object, kind: str, *, secret: str = SECRET, **fields: object) -> int:
    said = {
        "RecordType": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery_id": str(delivery_id)},
        "Recipient": "someone@example.org",
        "Email": "someone@example.org",
        "DeliveredAt": "2026-11-22T10:00:00Z",
        "BouncedAt": "2026-11-22T10:00:00Z",
        "ID": 7,
        **fields,
    }
    headers = {"Authorization": "Basic " + b64encode(secret.encode()).decode()}
    answer = Client().post(ADDRESS, said, content_type="application/json", headers=headers)
    return answer.status_code


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_a_mail_that_arrived_is_delivered(sent):
    assert report(sent.pk, "Delivery") == 200

    assert state(sent) == Delivery.State.DELIVERED


def test_a_complaint_ends_the_address(sent, recipient):
    assert report(sent.pk, "SpamComplaint", Type="SpamComplaint") == 200

    assert state(sent) == Delivery.State.DEAD
    assert ContactPoint.objects.get().disabled_reason == "opted_out"
    assert not outbox.reachable(recipient.pk)


def test_a_mail_that_bounced_is_dead_and_the_second_ends_the_address(
    sent, recipient, enqueue, smtp, at
):
    assert report(sent.pk, "Bounce", Type="HardBounce") == 200
    assert state(sent) == Delivery.State.DEAD
    assert outbox.reachable(recipient.pk)

    report(sent.pk, "Bounce", Type="HardBounce")
    assert outbox.reachable(recipient.pk), "the same report twice is one"

    another = enqueue()
    deliver(delivery_id=another.pk, at=at)
    report(another.pk, "Bounce", Type="HardBounce")
    assert not outbox.reachable(recipient.pk)


def test_a_forged_report_is_refused(sent):
    assert report(sent.pk, "Delivery", secret="provider:a guess") == 400

    assert state(sent) == Delivery.State.SENT


@pytest.mark.parametrize("delivery_id", ["7", "", "00000000-0000-0000-0000-000000000007"])
def test_a_report_about_another_mail_changes_nothing(sent, delivery_id):
    assert report(delivery_id, "Delivery") == 200

    assert state(sent) == Delivery.State.SENT
