"""A TCP proxy that can reset connections: before a request, or before its response."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: With this option a closed socket sends RST instead of FIN.
RESET = struct.pack("ii", 1, 0)


@dataclass
class Connection:
    """A proxied connection: what each side has sent so far."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)


def never(connection: Connection) -> bool:
    return False


class Proxy:
    """Forwards bytes until one of its two conditions says to reset the connection."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        #: Checked before bytes of the client, or of the server, are forwarded.
        self.resets_request: Callable[[Connection], bool] = never
        self.resets_response: Callable[[Connection], bool] = never
        self.requests_reset = 0
        self.responses_reset = 0

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=[client], daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _handle(self, client: socket.socket) -> None:
        connection = Connection()
        with client:
            try:
                with socket.create_connection(self._target, timeout=5) as server:
                    while self._forward(connection, client, server):
                        pass
            except OSError:  # one side is gone
                _reset(client)

    def _forward(
        self, connection: Connection, client: socket.socket, server: socket.socket
    ) -> bool:
        ready, _, _ = select.select([client, server], [], [], 1)
        for source in ready:
            data = source.recv(1 << 16)
            if not data:
                return False
            if self._is_reset_before(data, connection, comes_from_client=source is client):
                _reset(client)
                _reset(server)
                return False
            (server if source is client else client).sendall(data)
        return True

    def _is_reset_before(
        self, data: bytes, connection: Connection, *, comes_from_client: bool
    ) -> bool:
        if comes_from_client:
            connection.sent += data
            is_reset = self.resets_request(connection)
            self.requests_reset += is_reset
        else:
            connection.received += data
            is_reset = self.resets_response(connection)
            self.responses_reset += is_reset
        return is_reset


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()


@contextmanager
def running_proxy(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
