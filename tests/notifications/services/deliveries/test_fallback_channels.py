from __future__ import annotations

from datetime import timedelta

import pytest

from notifications import outbox
from notifications.channels.base import CredentialRefused
from notifications.models import ContactPoint, Delivery
from notifications.services.deliveries import attempts, breakers
from notifications.services.deliveries.expiry import expire
from notifications.services.deliveries.fallback_channels import ALREADY_TOLD, FALLBACK_AFTER
from notifications.services.deliveries.sending import deliver
from tests.outgoing import PHONE_NUMBER

State = Delivery.State
URGENT, ROUTINE = outbox.Urgency.URGENT, outbox.Urgency.ROUTINE


@pytest.fixture
def sms_and_mail(enqueue, recipient, twilio, smtp, at):
    """Tell somebody with a phone number and an inbox; return (by SMS, by mail)."""
    outbox.set_contact_point(recipient_id=recipient.pk, channel="sms", address=PHONE_NUMBER, at=at)

    def sms_and_mail(urgency=URGENT) -> tuple[Delivery, Delivery]:
        notification = outbox.enqueue(
            recipient_id=recipient.pk,
            kind=outbox.Kind.ESCALATION,
            group="escalation:1",
            urgency=urgency,
            expires_at=at + timedelta(hours=1),
            link="/console/",
            at=at,
        )
        return tuple(notification.deliveries.order_by("fallback_level"))

    return sms_and_mail


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_the_first_channel_is_used_at_once_and_the_next_after_minutes(sms_and_mail, at):
    sms, mail = sms_and_mail()

    assert (sms.channel, sms.next_attempt_at) == ("sms", at)
    assert (mail.channel, mail.next_attempt_at) == ("email", at + FALLBACK_AFTER[URGENT])


def test_an_unconfirmed_urgent_notification_falls_back(sms_and_mail, twilio, smtp, at):
    twilio.answer(201, {"sid": "SM1"})
    sms, mail = sms_and_mail()

    deliver(delivery_id=sms.pk, at=at)
    assert state(sms) == State.SENT
    assert not deliver(delivery_id=mail.pk, at=at + FALLBACK_AFTER[URGENT] - timedelta(seconds=1))
    assert deliver(delivery_id=mail.pk, at=at + FALLBACK_AFTER[URGENT])

    assert len(smtp.mails) == 1


def test_a_routine_notification_is_sent_on_one_channel(sms_and_mail, twilio, smtp, at):
    twilio.answer(201, {"sid": "SM1"})
    sms, mail = sms_and_mail(ROUTINE)

    deliver(delivery_id=sms.pk, at=at)

    assert state(mail) == State.SUPPRESSED
    assert mail.last_code == ALREADY_TOLD
    assert smtp.mails == []


@pytest.mark.parametrize("urgency", [URGENT, ROUTINE])
def test_a_permanent_failure_promotes_the_next_channel(sms_and_mail, twilio, smtp, at, urgency):
    twilio.answer(400, {"code": 21614})
    sms, mail = sms_and_mail(urgency)

    deliver(delivery_id=sms.pk, at=at)

    assert state(sms) == State.DEAD
    assert ContactPoint.objects.get(channel="sms").disabled_reason == "refused"
    mail.refresh_from_db()
    assert deliver(delivery_id=mail.pk, at=mail.next_attempt_at)
    assert mail.next_attempt_at < at + timedelta(seconds=30)


def test_an_open_breaker_promotes_the_next_channel(sms_and_mail, twilio, smtp, at):
    sms, mail = sms_and_mail()
    credential = attempts.credential_of(sms)
    breakers.record_result(
        channel="sms", credential=credential, failure=CredentialRefused("no"), at=at
    )

    deliver(delivery_id=sms.pk, at=at)
    mail.refresh_from_db()
    deliver(delivery_id=mail.pk, at=mail.next_attempt_at)

    assert state(mail) == State.SENT
    assert state(sms) == State.PENDING
    assert mail.next_attempt_at < at + timedelta(seconds=30)


def test_a_removed_number_promotes_the_next_channel(sms_and_mail, recipient, at):
    sms, mail = sms_and_mail()
    number = ContactPoint.objects.get(channel="sms")
    outbox.remove_contact_point(recipient_id=recipient.pk, contact_point_id=number.pk, at=at)

    deliver(delivery_id=sms.pk, at=at)

    assert state(sms) == State.SUPPRESSED
    mail.refresh_from_db()
    assert mail.next_attempt_at < at + timedelta(seconds=30)


def test_an_exhausted_delivery_promotes_the_next_channel(sms_and_mail, at):
    sms, mail = sms_and_mail()
    Delivery.objects.filter(pk=sms.pk).update(attempts=4, claim_no=4)

    expire(at=at, limit=10)

    assert state(sms) == State.DEAD
    mail.refresh_from_db()
    assert mail.next_attempt_at < at + timedelta(seconds=30)


def test_an_acknowledgement_stops_what_waits_on_the_next_channel(sms_and_mail, at):
    sms, mail = sms_and_mail()

    assert outbox.cancel(group="escalation:1", at=at) == 2

    assert (state(sms), state(mail)) == (State.CANCELLED, State.CANCELLED)


def test_a_channel_that_is_not_configured_is_not_used(sms_and_mail, settings, recipient, at):
    settings.TWILIO_AUTH_TOKEN = ""

    [mail] = sms_and_mail()

    assert mail.channel == "email"
    assert (mail.fallback_level, mail.next_attempt_at) == (0, at)
