"""Secrets that are shown once and kept as a hash."""

from __future__ import annotations

import hashlib
import secrets


def make_token() -> str:
    """256 random bits, safe in a URL fragment."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """A plain hash is enough: the token is random, so there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
