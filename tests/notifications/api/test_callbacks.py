from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from standardwebhooks.webhooks import Webhook

from notifications import outbox
from notifications.channels.sms import callback_url, is_from_twilio
from notifications.models import ContactPoint, Delivery
from notifications.services.deliveries import attempts, claims
from notifications.services.deliveries.sending import deliver

State = Delivery.State
TOKEN = "twilio's token"
SECRET = "whsec_" + b64encode(b"a secret of the relay in between").decode()


@pytest.fixture(autouse=True)
def _signed(settings):
    settings.PUBLIC_URL = "https://lumbar.example.org"
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.RECEIPTS_SECRET = SECRET


@pytest.fixture
def sent(recipient, enqueue, at) -> Delivery:
    """An urgent SMS that Twilio took; a mail waits behind it."""
    outbox.set_contact_point(
        recipient_id=recipient.pk, channel="sms", address="+15005550006", at=at
    )
    notification = outbox.enqueue(
        recipient_id=recipient.pk,
        kind=outbox.Kind.ESCALATION,
        group="escalation:1",
        urgency=outbox.Urgency.URGENT,
        expires_at=at + timedelta(hours=1),
        link="/console/",
        at=at,
    )
    delivery = notification.deliveries.get(channel="sms")
    claim = begun(delivery, at)
    attempts.finish(claim, delivery, attempts.Sent("SM1"), 0.1, at=at)
    return reread(delivery)


def begun(delivery: Delivery, at) -> claims.Claim:
    claim = claims.take(delivery_id=delivery.pk, at=at)
    assert attempts.begin(claim, at=at)
    return claim


def reread(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def mail_behind(delivery: Delivery) -> Delivery:
    return delivery.notification.deliveries.get(channel="email")


def by_twilio(delivery_id, token: str = TOKEN, **form: str) -> int:
    """As Twilio documents it: HMAC-SHA1 of the address and the sorted fields."""
    signed = callback_url(delivery_id) + "".join(name + form[name] for name in sorted(form))
    signature = b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()
    headers = {"X-Twilio-Signature": signature}
    return Client().post(f"/callbacks/twilio/{delivery_id}", form, headers=headers).status_code


def report(value: object, *, secret: str = SECRET, when: datetime | None = None) -> int:
    """As the standard's own library signs it."""
    body, when = json.dumps(value), when or datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", when, body),
    }
    sent = Client().post(
        "/callbacks/receipts", body, content_type="application/json", headers=headers
    )
    return sent.status_code


def test_a_delivered_message_needs_no_other_channel(sent):
    assert by_twilio(sent.pk, MessageStatus="delivered", MessageSid="SM1") == 204

    assert reread(sent).state == State.DELIVERED
    assert mail_behind(sent).state == State.SUPPRESSED


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "accepted", "", "of tomorrow"])
def test_an_intermediate_status_changes_nothing(sent, status):
    assert by_twilio(sent.pk, MessageStatus=status) == 204

    assert reread(sent).state == State.SENT
    assert mail_behind(sent).state == State.PENDING


@pytest.mark.parametrize(
    ("error", "reason"), [("30005", "refused"), ("30006", "refused"), ("21610", "opted_out")]
)
def test_a_report_of_a_failure_promotes_the_next_channel(sent, error, reason):
    assert by_twilio(sent.pk, MessageStatus="undelivered", ErrorCode=error) == 204

    assert reread(sent).state == State.DEAD
    assert sent.last_code == f"twilio_undelivered_{error}"
    assert ContactPoint.objects.get(channel="sms").disabled_reason == reason
    assert mail_behind(sent).next_attempt_at <= sent.ended_at + timedelta(seconds=5)


@pytest.mark.parametrize("error", ["30003", "", "x", "٣"])
def test_a_failure_that_is_not_about_the_number_leaves_it_usable(sent, error):
    by_twilio(sent.pk, MessageStatus="failed", ErrorCode=error)

    assert reread(sent).state == State.DEAD
    assert ContactPoint.objects.get(channel="sms").is_usable


def test_a_status_never_goes_back(sent):
    for status in ("delivered", "sent", "undelivered", "failed"):
        assert by_twilio(sent.pk, MessageStatus=status, ErrorCode="30005") == 204

    assert reread(sent).state == State.DELIVERED
    assert ContactPoint.objects.get(channel="sms").is_usable


def test_the_same_report_twice_changes_nothing(sent):
    by_twilio(sent.pk, MessageStatus="delivered")
    once = reread(sent).ended_at, sent.claim_no

    assert by_twilio(sent.pk, MessageStatus="delivered") == 204

    assert (reread(sent).ended_at, sent.claim_no) == once


def test_a_receipt_before_the_response_to_the_call_counts(enqueue, recipient, at, sent):
    Delivery.objects.filter(pk=sent.pk).update(state=State.PENDING, ended_at=None, attempts=1)
    claim = begun(sent, at)

    by_twilio(sent.pk, MessageStatus="delivered")

    assert not attempts.finish(claim, reread(sent), attempts.Sent("SM1"), 0.1, at=at)
    assert reread(sent).state == State.DELIVERED


def test_no_report_can_undo_an_acknowledgement(recipient, enqueue, at):
    delivery = enqueue()
    outbox.cancel(group="escalation:1", at=at)

    status = {"delivery_id": str(delivery.pk), "channel": "email", "status": "delivered"}
    assert report(status) == 204

    assert reread(delivery).state == State.CANCELLED


def test_a_receipt_for_a_delivery_that_was_never_tried_changes_nothing(enqueue, smtp, at):
    delivery = enqueue()

    report({"delivery_id": str(delivery.pk), "channel": "email", "status": "delivered"})

    assert reread(delivery).state == State.PENDING
    assert deliver(delivery_id=delivery.pk, at=at)


def test_a_forged_report_is_refused(sent):
    assert by_twilio(sent.pk, token="a guess", MessageStatus="delivered") == 403
    unsigned = Client().post(f"/callbacks/twilio/{sent.pk}", {"MessageStatus": "delivered"})

    assert unsigned.status_code == 403
    assert reread(sent).state == State.SENT


def test_a_signature_for_one_delivery_is_refused_for_another(sent):
    other = uuid4()
    signed = callback_url(other) + "MessageStatusdelivered"
    signature = b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()

    answer = Client().post(
        f"/callbacks/twilio/{sent.pk}",
        {"MessageStatus": "delivered"},
        headers={"X-Twilio-Signature": signature},
    )

    assert answer.status_code == 403


def test_a_report_with_a_changed_field_is_refused(sent):
    form = {"MessageStatus": "undelivered"}
    signed = callback_url(sent.pk) + "MessageStatusundelivered"
    signature = b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()

    answer = Client().post(
        f"/callbacks/twilio/{sent.pk}",
        form | {"ErrorCode": "21610"},
        headers={"X-Twilio-Signature": signature},
    )

    assert answer.status_code == 403


def test_a_report_about_an_unknown_delivery_changes_nothing(sent):
    assert by_twilio(uuid4(), MessageStatus="delivered") == 204


def test_without_a_configured_secret_every_report_is_refused(sent, settings):
    settings.TWILIO_AUTH_TOKEN = settings.RECEIPTS_SECRET = ""

    assert by_twilio(sent.pk, token="", MessageStatus="delivered") == 403
    assert report({}) == 403


def test_twilios_documented_example_of_a_signature_is_accepted():

    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+14158675309"],
        "Digits": ["1234"],
        "From": ["+14158675309"],
        "To": ["+18005551212"],
    }

    assert is_from_twilio(url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "12345")


@pytest.mark.parametrize(
    ("status", "state"),
    [("delivered", State.DELIVERED), ("failed", State.DEAD), ("bounced", State.DEAD)],
)
def test_any_other_system_may_report_by_a_standard_webhook(sent, status, state):
    said = {"delivery_id": str(sent.pk), "channel": "sms", "status": status}

    assert report(said) == 204

    assert reread(sent).state == state
    assert ContactPoint.objects.get(channel="sms").refusals == (status == "bounced")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_report_that_is_replayed_later_is_refused(sent, minutes):
    said = {"delivery_id": str(sent.pk), "channel": "sms", "status": "delivered"}

    assert report(said, when=datetime.now(UTC) + timedelta(minutes=minutes)) == 403
    assert reread(sent).state == State.SENT


def test_a_report_signed_with_another_secret_is_refused(sent):
    said = {"delivery_id": str(sent.pk), "channel": "sms", "status": "delivered"}

    assert report(said, secret="whsec_" + b64encode(b"x" * 32).decode()) == 403


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({}, b"\xff"),
        ({"webhook-signature": "v1"}, b"{}"),
        ({"webhook-signature": "v1,!"}, b"{}"),
        ({"webhook-signature": ""}, b"{}"),
        ({"webhook-timestamp": "nan"}, b"{}"),
        ({"webhook-id": ""}, b"{}"),
    ],
    ids=str,
)
def test_a_report_whose_signature_cannot_be_read_is_refused(changed, body):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(datetime.now(UTC).timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", datetime.now(UTC), "{}"),
    }

    answer = Client().post(
        "/callbacks/receipts", body, content_type="application/json", headers=headers | changed
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "x",
        {},
        {"delivery_id": "7", "channel": "sms", "status": "delivered"},
        {"status": 1},
    ],
)
def test_a_signed_report_that_makes_no_sense_is_refused(said):
    assert report(said) == 400


def test_a_report_in_another_channels_name_changes_nothing(sent):
    report({"delivery_id": str(sent.pk), "channel": "email", "status": "bounced"})

    assert reread(sent).state == State.SENT
