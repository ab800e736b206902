"""Signatures of callbacks: only who holds our secret can report on our messages."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError


def is_from_twilio(url: str, form: Mapping[str, list[str]], given: str, token: str) -> bool:
    """Twilio signs the URL that it was given, followed by every field in sorted order."""
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    expected = hmac.digest(token.encode(), (url + fields).encode(), hashlib.sha1)
    return hmac.compare_digest(b64encode(expected), given.encode())


def is_standard(headers: Mapping[str, str], body: bytes, secrets: str) -> bool:
    """Standard Webhooks: signed with one of our secrets, at most five minutes ago."""
    return any(_is_signed_with(secret, headers, body) for secret in secrets.split())


def _is_signed_with(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False  # `ValueError`: the signature or the body could not be decoded
    return True
