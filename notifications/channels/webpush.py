"""Web Push: RFC 8030 (the call), RFC 8291 (the payload), RFC 8292 (who we are)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from notifications.channels import http_client, webpush_payload
from notifications.channels.base import (
    Channel,
    Message,
    Outage,
    PermanentFailure,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.bearer_tokens import TokenCache, fingerprint, sign_jwt
from notifications.models import ContactPoint

MAX_ENDPOINT = 2000


class WebPush(Channel):
    """An address is a subscription's endpoint; its secret the two keys, as JSON."""

    name = "webpush"
    label = "Browser push"
    protocol = "RFC 8030, payload by RFC 8291, VAPID by RFC 8292"
    address_format = "the subscription's endpoint, of a known push service only"
    key_format = "the subscription's two keys"
    setting_names = ("WEBPUSH_PRIVATE_KEY",)
    enabled_by = "WEBPUSH_PRIVATE_KEY"
    fallback_level = 0
    is_device = True
    retry = Retry(attempts=8, base=timedelta(seconds=5), cap=timedelta(minutes=2))

    def credential(self, address: str) -> str:
        return f"{_origin(address)} {fingerprint(settings.WEBPUSH_PRIVATE_KEY)}"

    def check(self, address: str, secret: str) -> None:
        if not _is_push_service(address):
            raise UnusableAddress("endpoint_unknown")
        try:
            webpush_payload.encrypt(b"", **json.loads(secret))
        except (TypeError, ValueError):
            raise UnusableAddress("keys_malformed") from None

    def send(self, message: Message) -> str:
        if not _is_push_service(message.address):
            raise PermanentFailure("endpoint_unknown", is_address_refused=True)
        response = http_client.post(
            message.address,
            body=webpush_payload.encrypt(_payload(message), **json.loads(message.secret)),
            headers=self._headers(message),
        )
        if response.status in {200, 201, 202}:
            return response.headers.get("location", "")
        raise _failure(response)

    def _headers(self, message: Message) -> dict[str, str]:
        origin = _origin(message.address)
        token = _bearers.token(self.credential(message.address), lambda: _claim(origin))
        return {
            "Authorization": f"vapid t={token}, k={public_key()}",
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(message.seconds),
            "Urgency": "high" if message.is_urgent else "normal",
            # A later message with the same topic replaces it, so a retry is not shown twice.
            "Topic": _base64(message.delivery_id.bytes),
        }


#: A service may refuse a claim that is valid for more than a day.
_bearers = TokenCache(lasts=timedelta(hours=6))
CLAIM_LASTS = timedelta(hours=12)


def _claim(origin: str) -> str:
    key = webpush_payload.private_key(settings.WEBPUSH_PRIVATE_KEY)
    return sign_jwt(
        {"aud": origin, "sub": settings.WEBPUSH_CONTACT}, key, "ES256", lasts=CLAIM_LASTS
    )


def public_key() -> str:
    """Return the `applicationServerKey` with which a browser subscribes."""
    point = webpush_payload.private_key(settings.WEBPUSH_PRIVATE_KEY).public_key()
    return _base64(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _payload(message: Message) -> bytes:
    told = {
        "title": message.title,
        "body": message.line,
        "link": message.link,
        "id": str(message.delivery_id),
    }
    return json.dumps(told).encode()


def _failure(response: http_client.Response) -> TransientFailure | PermanentFailure:
    code = f"webpush_{response.status}"
    if response.status in {404, 410}:
        return PermanentFailure(code, disables=ContactPoint.DisabledReason.GONE)
    if response.status == 429:
        return TransientFailure(code, retry_after=response.retry_after)
    if response.status >= 500:
        return Outage(code, retry_after=response.retry_after)
    # 401 and 403 too: services respond so to a subscription made with another key.
    return PermanentFailure(code, is_address_refused=response.status in {400, 401, 403})


def _is_push_service(address: str) -> bool:
    """Whether the endpoint is of a known service; anybody can register an endpoint."""
    try:
        origin = _origin(address)
    except ValueError:
        return False
    if len(address) > MAX_ENDPOINT or not address.isascii() or not address.isprintable():
        return False
    return " " not in address and any(
        fnmatchcase(origin, known) for known in settings.WEBPUSH_SERVICES
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def _base64(given: bytes) -> str:
    return urlsafe_b64encode(given).rstrip(b"=").decode()
