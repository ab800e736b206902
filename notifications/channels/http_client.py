"""HTTP calls to providers, with a deadline for the whole call and a limited response size.

Redirects are not followed, bodies are not decompressed, and at most 64 kB are read.
"""

from __future__ import annotations

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
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
RESPONSE_LIMIT = 64 * 1024

#: These errors mean that nothing was sent.
_NOT_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
#: After these nobody knows whether the request arrived.
_UNKNOWN = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the JSON object in the body, or an empty one if the body holds no object."""
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
    """Send one POST request and return the response within `seconds`.

    With `is_guarded` only public addresses are called; it is for URLs that others choose.
    Raises `Outage` if nothing was sent, `OutcomeUnknown` if nobody knows whether it arrived,
    `PermanentFailure` for a request that HTTP does not allow.
    """
    pool = _pool(is_guarded, settings.CA_FILE)
    deadline = time.monotonic() + seconds
    # httpcore passes these to `_Backend` and `_Stream` unchanged, which read them as deadlines.
    # Only "pool", the wait for a free connection, is httpcore's own, and in seconds.
    timeouts = {"connect": deadline, "read": deadline, "write": deadline, "pool": seconds}
    request = pool.stream(
        "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
    )
    try:
        with request as response:
            return _read(response)
    except _NOT_SENT as error:
        raise Outage(type(error).__name__) from None
    except _UNKNOWN as error:
        raise OutcomeUnknown(type(error).__name__) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
        raise PermanentFailure("request_malformed", is_address_refused=True) from None


def basic_auth(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def close_connections() -> None:
    """Close the connections that were kept open for the next call."""
    for pool in _pools:
        pool.close()


def _read(response: httpcore.Response) -> Response:
    received = bytearray()
    for part in response.iter_stream():
        received += part
        if len(received) >= RESPONSE_LIMIT:
            break
    named = {k.decode().lower(): v.decode("latin-1") for k, v in response.headers}
    return Response(response.status, named, bytes(received[:RESPONSE_LIMIT]))


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
        network_backend=_Backend(is_guarded=is_guarded),
    )
    _pools.append(pool)
    return pool


def _seconds_left(deadline: float | None, expired: type[Exception]) -> float:
    """Return how long an operation may take; raise `expired` after the deadline.

    A socket's own timeout starts again with each byte, so a slow sender could stretch it.
    """
    assert deadline is not None  # `post` always sets one
    left = deadline - time.monotonic()
    if left <= 0:
        raise expired
    return left


def _connect_seconds(deadline: float | None) -> float:
    return min(CONNECT_SECONDS, _seconds_left(deadline, httpcore.ConnectTimeout))


class _Backend(httpcore.SyncBackend):
    """Opens connections, to public addresses only if it is guarded; a timeout is a deadline."""

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
        # Connects to the address that was checked; TLS still verifies the host's name.
        where = ssrf.resolve_public_address(host, port) if self._is_guarded else host
        seconds = _connect_seconds(timeout)
        return _Stream(super().connect_tcp(where, port, seconds, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """A connection on which a timeout is a deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _seconds_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _seconds_left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _connect_seconds(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
