"""A browser with a Web Push subscription: it can read what is meant for it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
AUTH = b"sixteen bytes ok"


def base64(given: bytes) -> str:
    return urlsafe_b64encode(given).rstrip(b"=").decode()


def vapid_key() -> str:
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return base64(number.to_bytes(32))


class Browser:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(CURVE)
        self._point = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": base64(self._point), "auth": base64(AUTH)}

    @property
    def secret(self) -> str:
        return json.dumps(self.keys)

    def read(self, sealed: bytes) -> bytes:
        """Decrypt one record of RFC 8188 by the keys of RFC 8291."""
        salt, theirs, text = sealed[:16], sealed[21:86], sealed[86:]
        shared = self._key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        )
        key = _derive(shared, AUTH, b"WebPush: info\0" + self._point + theirs, 32)
        opened = AESGCM(_derive(key, salt, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
            _derive(key, salt, b"Content-Encoding: nonce\0", 12), text, None
        )
        return opened.rstrip(b"\0").removesuffix(b"\x02")


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
