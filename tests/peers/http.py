"""An HTTP server for tests: it keeps what it is sent and answers as told."""

from __future__ import annotations

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from notifications.channels import http_client
from tests.peers.certificates import Certificate


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    #: The client's port: calls on one connection have the same.
    client_port: int = 0

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def raw(self) -> bytes:
        lines = [self.path, *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(lines).encode() + b"\n\n" + self.body


class HttpSink:
    """Answers 200 unless told otherwise."""

    def __init__(self, origin: str = "") -> None:
        self.origin = origin
        self.calls: list[Call] = []
        #: What went wrong while the sink decided on an answer.
        self.errors: list[Exception] = []
        self._answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        #: Decides by the call, where a script of answers is not enough.
        self.decide: Callable[[Call], tuple[int, dict[str, str], bytes]] | None = None

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def answer(self, status: int, body: object = b"", **headers: str) -> None:
        """Set the response to the next call; `retry_after="5"` is a header."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers.append((status, named, raw))

    def take(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        self.calls.append(call)
        if self.decide:
            return self.decide(call)
        return self._answers.popleft() if self._answers else (200, {}, b"{}")


@contextmanager
def running_http(certificate: Certificate | None = None) -> Iterator[HttpSink]:
    sink = HttpSink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.path, headers, body, self.client_address[1])
            try:
                status, named, answered = sink.take(call)
            except Exception as error:
                sink.errors.append(error)
                raise
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(answered))} | named).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answered)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificate.file)
    scheme = "https" if certificate else "http"
    sink.origin = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        http_client.close_connections()
        server.shutdown()
        server.server_close()
    # Else the client would see a connection that ended early, and nobody would know why.
    assert sink.errors == []


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext | None = None

    def finish_request(self, request, client_address):
        # The handshake in the connection's own thread: a client that hangs holds up nobody.
        if self.context:
            with self.context.wrap_socket(request, server_side=True) as secured:
                self.RequestHandlerClass(secured, client_address, self)
        else:
            super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """Ignore clients that disconnect or reject the certificate: some tests are about them."""
