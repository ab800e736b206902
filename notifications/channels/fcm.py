"""Firebase Cloud Messaging, HTTP v1, signed in with a service account."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

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

MAX_TOKEN = 4096
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
#: The waits that Google asks for if a response names none.
THROTTLED = timedelta(seconds=60)
UNAVAILABLE = timedelta(seconds=10)
#: An access token is good for an hour.
_bearers = TokenCache(lasts=timedelta(minutes=50))

Reason = ContactPoint.DisabledReason
#: Errors about the token. A 400 without this detail means that our message is malformed.
DISABLED_BY = {
    (404, "UNREGISTERED"): Reason.GONE,
    (400, "INVALID_ARGUMENT"): Reason.GONE,
    (403, "SENDER_ID_MISMATCH"): Reason.REFUSED,
}


class Fcm(Channel):
    """An address is a registration token."""

    name = "fcm"
    label = "Android push"
    protocol = "FCM HTTP v1, signed in by RFC 7523"
    address_format = "registration token"
    setting_names = ("FCM_SERVICE_ACCOUNT",)
    enabled_by = "FCM_SERVICE_ACCOUNT"
    fallback_level = 0
    is_device = True
    retry = Retry(attempts=8, base=timedelta(seconds=5), cap=timedelta(minutes=2))

    def credential(self, address: str) -> str:
        return fingerprint(settings.FCM_URL, settings.FCM_SERVICE_ACCOUNT)

    def check(self, address: str, secret: str) -> None:
        if not address.isascii() or not address.isprintable() or " " in address:
            raise UnusableAddress("token_malformed")
        if not 20 <= len(address) <= MAX_TOKEN // 2:
            raise UnusableAddress("token_malformed")

    def send(self, message: Message) -> str:
        response = self._call(message)
        if response.status == 401:
            _bearers.forget(self.credential(message.address))
            response = self._call(message)
        if response.status == 200:
            return str(response.json().get("name", ""))
        raise _failure(response)

    def _call(self, message: Message) -> http_client.Response:
        account = json.loads(settings.FCM_SERVICE_ACCOUNT)
        token = _bearers.token(self.credential(message.address), lambda: _access_token(account))
        return http_client.post(
            f"{settings.FCM_URL}/v1/projects/{account['project_id']}/messages:send",
            body=json.dumps({"message": _message(message)}).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )


def _access_token(account: dict[str, str]) -> str:
    """Exchange a signed assertion for an access token (RFC 7523)."""
    claims = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "scope": SCOPE,
    }
    key_id = account.get("private_key_id", "")
    key = account["private_key"]
    hour = timedelta(hours=1)
    assertion = sign_jwt(claims, key, "RS256", key_id=key_id, lasts=hour)
    response = http_client.post(
        account["token_uri"],
        body=urlencode({"grant_type": GRANT, "assertion": assertion}).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    token = response.json().get("access_token")
    if response.status == 200 and token:
        return str(token)
    if response.status in {400, 401, 403}:
        raise CredentialRefused(f"google_{response.status}")
    raise Outage(f"google_{response.status}", retry_after=response.retry_after)


def _message(message: Message) -> dict[str, Any]:
    once = str(message.delivery_id)
    return {
        "token": message.address,
        "notification": {"title": message.title, "body": message.line},
        "data": {"link": message.link, "id": once},
        "android": {
            "priority": "HIGH" if message.is_urgent else "NORMAL",
            "ttl": f"{message.seconds}s",
            # A later message with the same key replaces it, in the queue and on the screen.
            "collapse_key": once,
            "notification": {"tag": once},
        },
    }


def _failure(response: http_client.Response) -> TransientFailure | PermanentFailure:
    meant = _fcm_error(response)
    code = f"fcm_{response.status}" + (f"_{meant}" if meant.replace("_", "").isalpha() else "")
    if (response.status, meant) in DISABLED_BY:
        return PermanentFailure(code, disables=DISABLED_BY[response.status, meant])
    if response.status in {401, 403}:
        return CredentialRefused(code)
    if response.status == 429:
        return TransientFailure(code, retry_after=response.retry_after or THROTTLED)
    if response.status >= 500:
        return Outage(code, retry_after=response.retry_after or UNAVAILABLE)
    return PermanentFailure(code)


def _fcm_error(response: http_client.Response) -> str:
    error = response.json().get("error")
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("@type") == FCM_ERROR:
            return str(detail.get("errorCode", ""))
    return ""
