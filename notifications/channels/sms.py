"""SMS by Twilio's API."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from notifications.channels import http_client
from notifications.channels.base import (
    Callback,
    Channel,
    CredentialRefused,
    ForgedReceipt,
    Message,
    Outage,
    OutcomeUnknown,
    PermanentFailure,
    Receipt,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.bearer_tokens import fingerprint
from notifications.models import ContactPoint

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: The shortest and longest time that Twilio keeps a message waiting.
VALIDITY_SECONDS = (1, 36_000)

Reason = ContactPoint.DisabledReason
#: Twilio's codes that are about the number; each of them disables it.
DISABLED_BY = {
    21610: Reason.OPTED_OUT,  # answered STOP
    21211: Reason.REFUSED,  # no such number
    21614: Reason.REFUSED,  # not a mobile number
    30005: Reason.REFUSED,  # unknown destination
    30006: Reason.REFUSED,  # landline
}


DELIVERED_STATUSES = {"delivered", "read"}
FAILED_STATUSES = {"undelivered", "failed"}


def read_receipt(request: HttpRequest, delivery_id: UUID) -> Receipt | None:
    """Read Twilio's status callback of one message."""
    given = request.headers.get("X-Twilio-Signature", "")
    url, form = callback_url(delivery_id), dict(request.POST.lists())
    token = settings.TWILIO_AUTH_TOKEN
    if not token or not is_from_twilio(url, form, given, token):
        raise ForgedReceipt
    status, error = request.POST.get("MessageStatus"), request.POST.get("ErrorCode", "")
    if status in DELIVERED_STATUSES:
        return Receipt(delivery_id=delivery_id, is_delivered=True)
    if status not in FAILED_STATUSES:
        return None
    number = int(error) if error.isascii() and error[:6].isdigit() else 0
    return Receipt(
        delivery_id=delivery_id,
        is_delivered=False,
        code=f"twilio_{status}_{number}",
        disables=DISABLED_BY.get(number),
    )


def is_from_twilio(url: str, form: Mapping[str, list[str]], given: str, token: str) -> bool:
    """Twilio signs the URL that it was given, followed by every field in sorted order."""
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    expected = hmac.digest(token.encode(), (url + fields).encode(), hashlib.sha1)
    return hmac.compare_digest(b64encode(expected), given.encode())


def callback_url(delivery_id: object) -> str:
    """Return the URL to which Twilio reports; its signature covers this URL."""
    return f"{settings.PUBLIC_URL}/callbacks/twilio/{delivery_id}"


class Sms(Channel):
    """An address is a phone number as E.164 writes it."""

    name = "sms"
    label = "SMS"
    protocol = "Twilio's Messages API"
    address_format = "a number by E.164"
    setting_names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    enabled_by = "TWILIO_AUTH_TOKEN"
    fallback_level = 1
    callback = Callback(path="twilio/<uuid:delivery_id>", read=read_receipt)
    retry = Retry(attempts=4, base=timedelta(seconds=15), cap=timedelta(minutes=5))

    def credential(self, address: str) -> str:
        named = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM)
        return fingerprint(settings.TWILIO_URL, *named)

    def check(self, address: str, secret: str) -> None:
        if not E164.fullmatch(address):
            raise UnusableAddress("number_malformed")

    def send(self, message: Message) -> str:
        account = settings.TWILIO_ACCOUNT_SID
        try:
            response = http_client.post(
                f"{settings.TWILIO_URL}/2010-04-01/Accounts/{account}/Messages.json",
                body=urlencode(_form(message)).encode(),
                headers={
                    "Authorization": http_client.basic_auth(account, settings.TWILIO_AUTH_TOKEN),
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
        except OutcomeUnknown as failure:
            raise _unknown(failure, message) from None
        if response.status == 201:
            return str(response.json().get("sid", ""))
        raise _failure(response)


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
    """Retry an urgent message once: Twilio has no idempotency key, so others are not retried."""
    if message.is_urgent and message.attempt < 2:
        return failure
    return PermanentFailure("sms_outcome_unknown")


def _failure(response: http_client.Response) -> TransientFailure | PermanentFailure:
    said = response.json().get("code")
    code = f"twilio_{response.status}" + (f"_{said}" if isinstance(said, int) else "")
    if response.status in {401, 403}:
        return CredentialRefused(code)
    if response.status == 429:
        return TransientFailure(code, retry_after=response.retry_after)
    if response.status >= 500:
        return Outage(code, retry_after=response.retry_after)
    reason = DISABLED_BY.get(said) if isinstance(said, int) else None
    return PermanentFailure(code, disables=reason)
