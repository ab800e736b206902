"""Encrypted text: its key is not in the database, so a copy of the database hides it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

#: Part of the key: with another value, what is stored cannot be read any more.
PURPOSE = b"lumbar.notifications.sealed"


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not generic when it runs
    """Text encrypted with a key derived from SECRET_KEY. It cannot be searched.

    Text encrypted with a former key can be read while that key is in SECRET_KEY_FALLBACKS.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _keys().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return _keys().decrypt(value).decode() if value else value


def _keys() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_fernet(secret.encode()) for secret in secrets])


def _fernet(secret: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret)
    return Fernet(urlsafe_b64encode(key))
