"""Webhooks, signed as Standard Webhooks 1.0 has it."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from standardwebhooks import Webhook as Signer

from notifications.channels import http_client, ssrf
from notifications.channels.base import (
    Channel,
    Message,
    Outage,
    PermanentFailure,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.models import ContactPoint

PREFIX = "whsec_"
SECRET_BYTES = (24, 64)
SECONDS = 5.0


class Webhook(Channel):
    """An address is a URL; its secret is one `whsec_...`, or two with a space while rotating."""

    name = "webhook"
    label = "Webhook"
    protocol = "Standard Webhooks 1.0"
    address_format = "an `https` URL with a public address"
    key_format = "`whsec_...`, two while rotating"
    fallback_level = 0
    #: It may be down over a weekend.
    disabled_after_failing_for = timedelta(hours=72)
    retry = Retry(
        attempts=10,
        waits=(
            timedelta(seconds=5),
            timedelta(minutes=5),
            timedelta(minutes=30),
            *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
        ),
    )

    def credential(self, address: str) -> str:
        return urlsplit(address).netloc.lower()[:100]

    def check(self, address: str, secret: str) -> None:
        ssrf.check_url(address)
        shortest, longest = SECRET_BYTES
        try:
            lengths = [len(_key(each)) for each in secret.split()]
        except ValueError:
            raise UnusableAddress("secret_malformed") from None
        if not lengths or not all(shortest <= length <= longest for length in lengths):
            raise UnusableAddress("secret_malformed")

    def send(self, message: Message) -> str:
        try:
            ssrf.check_url(message.address)
        except UnusableAddress as error:
            raise PermanentFailure(str(error), is_address_refused=True) from None
        now, body = datetime.now(UTC), _body(message)
        response = http_client.post(
            message.address,
            body=body,
            headers={
                "Content-Type": "application/json",
                "webhook-id": str(message.delivery_id),
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": _signatures(message, now, body),
            },
            is_guarded=True,
            seconds=SECONDS,
        )
        if 200 <= response.status < 300:
            return ""
        raise _failure(response)


def _signatures(message: Message, now: datetime, body: bytes) -> str:
    """Sign with each secret: during a rotation a receiver may hold either of two."""
    once, text = str(message.delivery_id), body.decode()
    return " ".join(Signer(secret).sign(once, now, text) for secret in message.secret.split())


def _key(secret: str) -> bytes:
    """Decode a secret; unlike the library, refuse what is not base64 behind the prefix."""
    if not secret.startswith(PREFIX):
        raise ValueError(PREFIX)
    return b64decode(secret.removeprefix(PREFIX), validate=True)


def _body(message: Message) -> bytes:
    told = {
        "type": "notice",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {
            "id": str(message.delivery_id),
            "title": message.title,
            "body": message.line,
            "link": message.link,
        },
    }
    return json.dumps(told).encode()


def _failure(response: http_client.Response) -> TransientFailure | PermanentFailure:
    code = f"webhook_{response.status}"
    if response.status == 410:
        return PermanentFailure(code, disables=ContactPoint.DisabledReason.GONE)
    if response.status in {502, 504}:
        return Outage(code, retry_after=response.retry_after)
    # Redirects too: they are never followed, but the receiver may be corrected.
    return TransientFailure(code, retry_after=response.retry_after)
