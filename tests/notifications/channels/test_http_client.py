from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic

import pytest

from notifications.channels import http_client
from notifications.channels.base import Outage, OutcomeUnknown, PermanentFailure


def post(origin: str, **changes) -> http_client.Response:
    return http_client.post(f"{origin}/here", **{"body": b"{}", "headers": {}} | changes)


@contextmanager
def raw_server(handle):
    """A server that handles its one connection with `handle`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    handle(client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def send_slowly(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        client.sendall(b"a")
        threading.Event().wait(0.05)


def test_an_answer_comes_back_with_its_headers(provider):
    provider.answer(201, {"id": 7}, Location="/7")

    answer = post(provider.origin)

    assert (answer.status, answer.json(), answer.headers["location"]) == (201, {"id": 7}, "/7")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"7"])
def test_an_answer_that_is_no_object_counts_as_empty(provider, body):
    provider.answer(500, body)

    assert post(provider.origin).json() == {}


@pytest.mark.parametrize(
    ("given", "asked"),
    [("7", timedelta(seconds=7)), ("soon", None), ("-1", None), ("", None), ("٧", None)],
)
def test_retry_after_is_read_in_seconds(provider, given, asked):
    provider.answer(429, b"", Retry_After=given.encode().decode("latin-1"))

    assert post(provider.origin).retry_after == asked


def test_retry_after_is_read_as_a_date_too(provider):
    provider.answer(429, b"", Retry_After="Fri, 01 Jan 2100 00:00:00 GMT")

    assert post(provider.origin).retry_after > timedelta(days=365)


def test_a_redirect_is_an_answer_and_is_not_followed(provider):
    provider.answer(302, b"", Location=f"{provider.origin}/elsewhere")

    assert post(provider.origin).status == 302
    assert len(provider.calls) == 1


def test_at_most_64_kb_of_a_response_are_read(provider):
    provider.answer(200, b"x" * 1_000_000)

    assert len(post(provider.origin).body) == 64 * 1024


def test_a_refused_connection_is_an_outage_and_nothing_was_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        with pytest.raises(Outage) as failure:
            post(f"http://127.0.0.1:{unused.getsockname()[1]}")

    assert not isinstance(failure.value, OutcomeUnknown)
    assert failure.value.code == "ConnectError"


def test_a_connection_closed_without_a_response_leaves_the_outcome_unknown():
    with raw_server(lambda client: client.recv(65536)) as origin, pytest.raises(OutcomeUnknown):
        post(origin)


@pytest.mark.parametrize("handle", [send_slowly, lambda client: threading.Event().wait(3)])
def test_a_call_ends_at_its_deadline_however_slowly_the_server_sends(handle):
    started = monotonic()

    with raw_server(handle) as origin, pytest.raises(OutcomeUnknown):
        post(origin, seconds=0.5)

    assert monotonic() - started < 2


def test_a_second_call_uses_the_connection_of_the_first_with_a_deadline_of_its_own(provider):
    post(provider.origin, seconds=0.3)
    threading.Event().wait(0.4)

    assert post(provider.origin, seconds=0.3).status == 200

    first, second = provider.calls
    assert first.client_port == second.client_port


def test_a_header_with_a_line_break_is_not_sent(provider):
    with pytest.raises(PermanentFailure) as failure:
        post(provider.origin, headers={"X-Name": "a\r\nX-Other: b"})

    assert failure.value.code == "request_malformed"
    assert provider.calls == []


def test_nothing_is_sent_to_a_server_without_a_trusted_certificate(receiver, settings):
    settings.CA_FILE = ""

    with pytest.raises(Outage):
        post(receiver.origin)

    assert receiver.calls == []
