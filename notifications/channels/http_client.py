"""Calls over HTTP that end: by a deadline, after one answer, at one address.

Redirects are not followed, bodies are not decompressed, and at most 64 kB are read.
"""

from __future__ import annotations

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpcore
from django.conf import settings

from notifications.channels import ssrf
from notifications.channels.base import Outage, OutcomeUnknown, PermanentFailure

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
ANSWER_LIMIT = 64 * 1024

#: What says that nothing was sent.
_NOT_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
#: What leaves it open.
_UNKNOWN = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError)

_ends_at: ContextVar[float] = ContextVar("_ends_at")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object that was answered; empty if it was none."""
        with suppress(ValueError):
            found = json.loads(self.body)
            if isinstance(found, dict):
                return found
        return {}

    @property
    def retry_after(self) -> timedelta | None:
        given = self.headers.get("retry-after", "")
        if given.isascii() and given.isdigit():
            return timedelta(seconds=min(int(given), 10**6))
        with suppress(ValueError):
            return max(timedelta(0), parsedate_to_datetime(given) - datetime.now(UTC))
        return None


def post(
    url: str,
    *,
    body: bytes,
    headers: dict[str, str],
    is_guarded: bool = False,
    seconds: float = TOTAL_SECONDS,
) -> Response:
    """Call once. `is_guarded` is for addresses that others choose: only public ones are called.

    Raises `Outage` if nothing was sent, `OutcomeUnknown` if nobody knows.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        return _exchange(_pool(is_guarded, settings.CA_FILE), url, body, headers, seconds)
    except _NOT_SENT as error:
        raise Outage(type(error).__name__) from None
    except _UNKNOWN as error:
        raise OutcomeUnknown(type(error).__name__) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
        raise PermanentFailure("request_malformed", is_address_refused=True) from None
    finally:
        _ends_at.reset(token)


def basic_auth(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def close_connections() -> None:
    """Let go of connections that were kept for the next call."""
    for pool in _pools:
        pool.close()


def _exchange(
    pool: httpcore.ConnectionPool, url: str, body: bytes, headers: dict[str, str], seconds: float
) -> Response:
    patience = dict.fromkeys(("read", "write", "pool"), seconds)
    patience["connect"] = min(CONNECT_SECONDS, seconds)
    with pool.stream(
        "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": patience}
    ) as response:
        received = bytearray()
        for part in response.iter_stream():
            received += part
            if len(received) >= ANSWER_LIMIT:
                break
        named = {k.decode().lower(): v.decode("latin-1") for k, v in response.headers}
        return Response(response.status, named, bytes(received[:ANSWER_LIMIT]))


_pools: list[httpcore.ConnectionPool] = []


@cache
def _pool(is_guarded: bool, ca_file: str) -> httpcore.ConnectionPool:
    trust = httpcore.default_ssl_context()
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        trust.load_verify_locations(ca_file)
    pool = httpcore.ConnectionPool(
        ssl_context=trust,
        http2=True,
        max_connections=20,
        keepalive_expiry=60,
        network_backend=_Timed(is_guarded=is_guarded),
    )
    _pools.append(pool)
    return pool


def _left(timeout: float | None, error: type[Exception]) -> float:
    """However slowly the other side drips, the call ends at its deadline."""
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise error
    return left if timeout is None else min(timeout, left)


class _Timed(httpcore.SyncBackend):
    def __init__(self, *, is_guarded: bool) -> None:
        super().__init__()
        self._is_guarded = is_guarded

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        # The address that was looked at is the one that is called; TLS still asks for the name.
        where = ssrf.resolve_public_address(host, port) if self._is_guarded else host
        seconds = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(where, port, seconds, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
