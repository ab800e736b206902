"""Signatures of callbacks: only who holds our secret can report on our messages."""

from __future__ import annotations

from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError


def is_standard(headers: Mapping[str, str], body: bytes, secrets: str) -> bool:
    """Standard Webhooks: signed with one of our secrets, at most five minutes ago."""
    return any(_is_signed_with(secret, headers, body) for secret in secrets.split())


def _is_signed_with(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False  # `ValueError`: the signature or the body could not be decoded
    return True
