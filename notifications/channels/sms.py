"""SMS by Twilio's API."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings

from notifications.channels import http_client
from notifications.channels.base import (
    CredentialRefused,
    Message,
    Outage,
    OutcomeUnknown,
    PermanentFailure,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.bearer_tokens import fingerprint
from notifications.models import ContactPoint

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: The longest and shortest that Twilio keeps a message waiting.
VALIDITY_SECONDS = (1, 36_000)

Reason = ContactPoint.DisabledReason
#: Codes of Twilio's that are about the number: it never gets another message from us.
DISABLED_BY = {
    21610: Reason.OPTED_OUT,  # answered STOP
    21211: Reason.REFUSED,  # no such number
    21614: Reason.REFUSED,  # not a mobile number
    30005: Reason.REFUSED,  # unknown destination
    30006: Reason.REFUSED,  # landline
}


class Sms:
    """An address is a phone number as E.164 writes it."""

    name = "sms"
    retry = Retry(attempts=4, base=timedelta(seconds=15), cap=timedelta(minutes=5))

    @property
    def is_configured(self) -> bool:
        return bool(settings.TWILIO_AUTH_TOKEN)

    def credential(self, address: str) -> str:
        named = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM)
        return fingerprint(settings.TWILIO_URL, *named)

    def check(self, address: str, secret: str) -> None:
        if not E164.fullmatch(address):
            raise UnusableAddress("number_malformed")

    def send(self, message: Message) -> str:
        account = settings.TWILIO_ACCOUNT_SID
        try:
            answer = http_client.post(
                f"{settings.TWILIO_URL}/2010-04-01/Accounts/{account}/Messages.json",
                body=urlencode(_form(message)).encode(),
                headers={
                    "Authorization": http_client.basic_auth(account, settings.TWILIO_AUTH_TOKEN),
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
        except OutcomeUnknown as failure:
            raise _unknown(failure, message) from None
        if answer.status == 201:
            return str(answer.json().get("sid", ""))
        raise _failure(answer)


def callback_url(delivery_id: object) -> str:
    """Where Twilio reports what became of a message. It signs the very address."""
    return f"{settings.PUBLIC_URL}/callbacks/twilio/{delivery_id}"


def _form(message: Message) -> dict[str, str]:
    shortest, longest = VALIDITY_SECONDS
    sender = settings.TWILIO_FROM
    return {
        "To": message.address,
        "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
        "Body": f"{message.subject}\n{message.link}",
        "StatusCallback": callback_url(message.delivery_id),
        "ValidityPeriod": str(min(longest, max(shortest, message.seconds))),
    }


def _unknown(failure: OutcomeUnknown, message: Message) -> OutcomeUnknown | PermanentFailure:
    """Twilio knows no idempotency key: urgent is told twice rather than never, but not thrice."""
    if message.is_urgent and message.attempt < 2:
        return failure
    return PermanentFailure("sms_outcome_unknown")


def _failure(answer: http_client.Response) -> TransientFailure | PermanentFailure:
    said = answer.json().get("code")
    code = f"twilio_{answer.status}" + (f"_{said}" if isinstance(said, int) else "")
    if answer.status in {401, 403}:
        return CredentialRefused(code)
    if answer.status == 429:
        return TransientFailure(code, retry_after=answer.retry_after)
    if answer.status >= 500:
        return Outage(code, retry_after=answer.retry_after)
    reason = DISABLED_BY.get(said) if isinstance(said, int) else None
    return PermanentFailure(code, disables=reason)
