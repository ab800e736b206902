"""A line between two parties that can be cut: before a request, or before its answer."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Closed with this, a socket sends a reset instead of a farewell.
RESET = struct.pack("ii", 1, 0)


@dataclass
class Line:
    """One connection: what has come from either side so far."""

    asked: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)


def never(line: Line) -> bool:
    return False


class Proxy:
    """Hands bytes on, unless one of its two rules says that the line is cut here."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        #: Asked before bytes of the client, or of the server, are handed on.
        self.cuts_request: Callable[[Line], bool] = never
        self.cuts_answer: Callable[[Line], bool] = never
        self.requests_cut = 0
        self.answers_cut = 0

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, client: socket.socket) -> None:
        line = Line()
        with client:
            try:
                with socket.create_connection(self._target, timeout=5) as server:
                    while self._hand_on(line, client, server):
                        pass
            except OSError:  # one of them is gone, so the other is told
                _reset(client)

    def _hand_on(self, line: Line, client: socket.socket, server: socket.socket) -> bool:
        ready, _, _ = select.select([client, server], [], [], 1)
        for source in ready:
            data = source.recv(1 << 16)
            if not data:
                return False
            if self._is_cut_before(data, line, comes_from_client=source is client):
                _reset(client)
                _reset(server)
                return False
            (server if source is client else client).sendall(data)
        return True

    def _is_cut_before(self, data: bytes, line: Line, *, comes_from_client: bool) -> bool:
        if comes_from_client:
            line.asked += data
            is_cut = self.cuts_request(line)
            self.requests_cut += is_cut
        else:
            line.answered += data
            is_cut = self.cuts_answer(line)
            self.answers_cut += is_cut
        return is_cut


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
