"""Whether a callback comes from whom it says: nobody else can report on our messages."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64encode
from collections.abc import Mapping

from notifications.channels import webhook

#: How far a sender's clock may be from ours, and how old a report may be.
TOLERANCE_SECONDS = 5 * 60


def is_from_twilio(url: str, form: Mapping[str, list[str]], given: str, token: str) -> bool:
    """Twilio signs the address that it was told, with every field sorted behind it."""
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    expected = hmac.digest(token.encode(), (url + fields).encode(), hashlib.sha1)
    return hmac.compare_digest(b64encode(expected), given.encode())


def is_standard(headers: Mapping[str, str], body: bytes, secrets: str) -> bool:
    """Standard Webhooks: signed by one of our secrets, within five minutes."""
    once, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not once or not timestamp.isascii() or not timestamp.isdigit():
        return False
    if abs(int(timestamp[:12]) - time.time()) > TOLERANCE_SECONDS:
        return False
    expected = webhook.signatures(secrets, once, int(timestamp), body).split()
    return any(
        hmac.compare_digest(ours.encode(), theirs.encode())
        for ours in expected
        for theirs in headers.get("webhook-signature", "").split()[:10]
    )
