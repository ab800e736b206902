"""Bearer tokens: signed, short-lived, and reused until they expire."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Any

import jwt


def sign_jwt(
    claims: dict[str, Any],
    key: Any,
    algorithm: str,
    *,
    key_id: str = "",
    lasts: timedelta | None = None,
) -> str:
    """Sign the claims, issued now; by real time, which the provider checks."""
    now = int(time.time())
    dated = claims | {"iat": now}
    if lasts is not None:
        dated["exp"] = now + int(lasts.total_seconds())
    headers = {"kid": key_id} if key_id else None
    return jwt.encode(dated, key, algorithm=algorithm, headers=headers)


def fingerprint(*credentials: str) -> str:
    """Return an identifier of the credentials that does not reveal them."""
    return hashlib.sha256("\0".join(credentials).encode()).hexdigest()[:12]


class TokenCache:
    """Keeps one token per credential until it expires or is refused."""

    def __init__(self, *, lasts: timedelta) -> None:
        self._lasts = lasts
        self._made: dict[str, tuple[str, float]] = {}
        self._lock = Lock()

    def token(self, credential: str, make: Callable[[], str]) -> str:
        with self._lock:
            token, until = self._made.get(credential, ("", 0.0))
            if time.monotonic() >= until:
                token = make()
                self._made[credential] = token, time.monotonic() + self._lasts.total_seconds()
            return token

    def forget(self, credential: str) -> None:
        with self._lock:
            self._made.pop(credential, None)
