"""Encrypts a Web Push payload (RFC 8291, as one record of RFC 8188)."""

from __future__ import annotations

import os
import struct
from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
CURVE = ec.SECP256R1()
LAST_RECORD = b"\x02"


def encrypt(
    plain: bytes,
    *,
    p256dh: str,
    auth: str,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt for one subscription. `ours` and `salt` are generated for each message.

    Raises `ValueError` for malformed keys.
    """
    theirs, secret = decoded(p256dh), decoded(auth)
    if len(secret) != 16:
        raise ValueError("auth")
    ours = ours or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    key = _derive(shared, secret, b"WebPush: info\0" + theirs + point, 32)
    encrypted = AESGCM(_derive(key, salt, b"Content-Encoding: aes128gcm\0", 16)).encrypt(
        _derive(key, salt, b"Content-Encoding: nonce\0", 12), plain + LAST_RECORD, None
    )
    return salt + struct.pack("!LB", RECORD, len(point)) + point + encrypted


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Read a VAPID private key: 32 bytes in base64url."""
    return ec.derive_private_key(int.from_bytes(decoded(text)), CURVE)


def decoded(text: str) -> bytes:
    """Decode base64 with or without padding, in either alphabet, because browsers differ."""
    if not isinstance(text, str):
        raise ValueError("base64")
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
