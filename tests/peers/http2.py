"""A server that speaks HTTP/2 over TLS and nothing else, as Apple's does."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config

from notifications.channels import http_client
from tests.peers.certificates import Certificate
from tests.peers.http import Call, HttpSink


@contextmanager
def running_http2(certificate: Certificate) -> Iterator[HttpSink]:
    sink = HttpSink()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sink.origin = f"https://127.0.0.1:{listening.getsockname()[1]}"
        config = Config()
        config.bind = [f"fd://{os.dup(listening.fileno())}"]
        config.certfile = config.keyfile = str(certificate.file)
        config.alpn_protocols = ["h2"]
        config.accesslog = config.errorlog = None
        with _in_a_thread(_application(sink), config):
            try:
                yield sink
            finally:
                http_client.close_connections()


def _application(sink: HttpSink):
    async def application(scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError  # says that it has no part in the server's start
        assert scope["http_version"] == "2"
        body, is_more = b"", True
        while is_more:
            event = await receive()
            body, is_more = body + event["body"], event["more_body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, named, answered = sink.take(Call(scope["path"], headers, body))
        raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": answered, "more_body": False})

    return application


@contextmanager
def _in_a_thread(application, config: Config) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete,
        args=[serve(application, config, shutdown_trigger=stopping.wait)],
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
