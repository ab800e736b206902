"""Words that are planted in health data, and must not appear in anything that is sent."""

from __future__ import annotations

CANARY = "XYZZY"
WORDS = (CANARY, CANARY.lower(), "saddle", "numbness", "pain", "oxycodone", "Alice", "alice")
SECRETS = {
    "sms": "+15005550006",
    "apns": "0123456789abcdef" * 4,
    "fcm": "registration-token-" + "x" * 100,
}


def answer_of(path: str) -> tuple[int, dict[str, str], bytes]:
    """Return the response of a provider, by the path of the request."""
    if path == "/token":
        return 200, {}, b'{"access_token": "t"}'
    if path.startswith("/v1/"):
        return 200, {}, b'{"name": "1"}'
    return 201, {}, b'{"sid": "SM1"}'
