"""Apple Push Notification service, over HTTP/2 with a signed provider token."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from notifications.channels import http_client
from notifications.channels.base import (
    Channel,
    CredentialRefused,
    Message,
    Outage,
    PermanentFailure,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.bearer_tokens import TokenCache, fingerprint, sign_jwt
from notifications.models import ContactPoint

TOKEN = re.compile(r"[0-9a-fA-F]{64,200}")
#: "Refresh no more than once every 20 minutes and no less than once every 60."
_bearers = TokenCache(lasts=timedelta(minutes=50))

Reason = ContactPoint.DisabledReason


class Apns(Channel):
    """An address is a device token."""

    name = "apns"
    label = "Apple push"
    protocol = "APNs over HTTP/2 with a provider token (ES256)"
    address_format = "device token"
    setting_names = ("APNS_KEY", "APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC")
    enabled_by = "APNS_KEY"
    fallback_level = 0
    is_device = True
    retry = Retry(attempts=8, base=timedelta(seconds=5), cap=timedelta(minutes=2))

    def credential(self, address: str) -> str:
        named = (settings.APNS_TEAM_ID, settings.APNS_KEY_ID, settings.APNS_TOPIC)
        return fingerprint(settings.APNS_URL, settings.APNS_KEY, *named)

    def check(self, address: str, secret: str) -> None:
        if not TOKEN.fullmatch(address):
            raise UnusableAddress("token_malformed")

    def send(self, message: Message) -> str:
        response = self._call(message)
        if response.json().get("reason") == "ExpiredProviderToken":
            _bearers.forget(self.credential(message.address))
            response = self._call(message)
        if response.status == 200:
            return response.headers.get("apns-id", "")
        raise _failure(response)

    def _call(self, message: Message) -> http_client.Response:
        token = _bearers.token(self.credential(message.address), _provider_token)
        return http_client.post(
            f"{settings.APNS_URL}/3/device/{message.address}",
            body=json.dumps(_payload(message)).encode(),
            headers={"Authorization": f"bearer {token}"} | _headers(message),
        )


def _provider_token() -> str:
    return sign_jwt(
        {"iss": settings.APNS_TEAM_ID}, settings.APNS_KEY, "ES256", key_id=settings.APNS_KEY_ID
    )


def _headers(message: Message) -> dict[str, str]:
    return {
        "apns-topic": settings.APNS_TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10" if message.is_urgent else "5",
        "apns-expiration": str(int(time.time()) + message.seconds),
        # A later message with the same id replaces it on the screen.
        "apns-collapse-id": str(message.delivery_id),
        "apns-id": str(message.delivery_id),
    }


def _payload(message: Message) -> dict[str, Any]:
    return {
        "aps": {"alert": {"title": message.title, "body": message.line}, "sound": "default"},
        "link": message.link,
        "id": str(message.delivery_id),
    }


def _failure(response: http_client.Response) -> TransientFailure | PermanentFailure:
    said = response.json()
    reason = said.get("reason", "")
    code = f"apns_{response.status}" + (f"_{reason}" if str(reason).isalpha() else "")
    if response.status == 410:
        return PermanentFailure(code, disables=Reason.GONE, as_of=_instant(said.get("timestamp")))
    if reason in {"BadDeviceToken", "DeviceTokenNotForTopic"}:
        return PermanentFailure(code, disables=Reason.GONE)
    if response.status == 429:
        return TransientFailure(code, retry_after=response.retry_after)
    if response.status == 403:
        return CredentialRefused(code)
    if response.status >= 500:
        return Outage(code, retry_after=response.retry_after)
    return PermanentFailure(code)


def _instant(milliseconds: object) -> datetime | None:
    """Return since when the token is invalid; a later registration is not affected."""
    if not isinstance(milliseconds, int) or not 0 < milliseconds < 10**14:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
