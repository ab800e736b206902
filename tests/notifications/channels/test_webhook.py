from __future__ import annotations

import socket
from base64 import b64encode
from ipaddress import ip_address

import pytest
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from notifications.channels import ssrf
from notifications.channels.base import (
    Outage,
    PermanentFailure,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.webhook import Webhook
from notifications.models import ContactPoint

SECRET = "whsec_" + b64encode(b"a secret of the receiver").decode()
OTHER = "whsec_" + b64encode(b"another one, its successor").decode()


def send(message, sink, path="/hook", **changes):
    return Webhook().send(message(f"{sink.origin}{path}", **{"secret": SECRET} | changes))


def test_a_receiver_with_the_standard_library_can_verify_it(message, receiver):
    send(message, receiver)

    [call] = receiver.calls
    told = Receiver(SECRET).verify(call.body, call.headers)
    assert told["type"] == "notice"
    assert told["data"] == {
        "id": "00000000-0000-0000-0000-000000000007",
        "title": "Lumbar",
        "body": "Your answer is needed",
        "link": "https://lumbar.example.org/console/flags/7",
    }


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "body"])
def test_what_was_tampered_with_is_refused_by_the_standard_library(message, receiver, name):
    send(message, receiver)
    [call] = receiver.calls
    headers, body = dict(call.headers), call.body
    if name == "body":
        body += b" "
    else:
        headers[name] = str(int(headers[name][-4:], 16) + 1) + headers[name]

    with pytest.raises(WebhookVerificationError):
        Receiver(SECRET).verify(body, headers)


def test_while_a_secret_is_rotated_either_one_verifies(message, receiver):
    send(message, receiver, secret=f"{OTHER} {SECRET}")

    [call] = receiver.calls
    for secret in (SECRET, OTHER):
        assert Receiver(secret).verify(call.body, call.headers)


def test_every_attempt_has_the_same_webhook_id(message, receiver):
    for _ in range(2):
        send(message, receiver)

    assert {call.headers["webhook-id"] for call in receiver.calls} == {
        "00000000-0000-0000-0000-000000000007"
    }


def test_a_redirect_is_never_followed(message, receiver):
    receiver.answer(307, b"", Location="https://169.254.169.254/latest/meta-data/")

    with pytest.raises(TransientFailure) as failure:
        send(message, receiver)

    assert failure.value.code == "webhook_307"
    assert len(receiver.calls) == 1


def test_a_410_disables_the_webhook(message, receiver):
    receiver.answer(410)

    with pytest.raises(PermanentFailure) as failure:
        send(message, receiver)

    assert failure.value.disables == ContactPoint.DisabledReason.GONE


@pytest.mark.parametrize("status", [400, 404, 429, 500, 502, 504])
def test_other_refusals_are_tried_again(message, receiver, status):
    receiver.answer(status, b"", Retry_After="9")

    with pytest.raises(TransientFailure) as failure:
        send(message, receiver)

    assert failure.value.code == f"webhook_{status}"
    assert failure.value.retry_after.total_seconds() == 9
    assert isinstance(failure.value, Outage) == (status in {502, 504})


BAD_URLS = [
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "https://",
    "https://user:password@hooks.example.org/",
    "https://a@127.0.0.1:80#@hooks.example.org/",
    "https://hooks.example.org/#fragment",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://hooks.example.org/a b",
    "https://hooks.example.org/\r\nX: y",
    "https://höoks.example.org/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    "https://hooks.example.org/" + "x" * 2000,
]


@pytest.mark.parametrize("url", BAD_URLS, ids=range(len(BAD_URLS)))
def test_an_unusable_url_is_refused_when_stored(url):
    with pytest.raises(UnusableAddress):
        Webhook().check(url, SECRET)


@pytest.mark.parametrize(
    "secret", ["", "secret", "whsec_", "whsec_!!!", "whsec_" + b64encode(b"short").decode()]
)
def test_a_malformed_secret_is_refused_when_stored(secret):
    with pytest.raises(UnusableAddress):
        Webhook().check("https://hooks.example.org/", secret)


def test_a_plain_public_address_is_accepted():
    Webhook().check("https://hooks.example.org:8443/in?x=1", f"{SECRET} {OTHER}")


PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.0.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_may_be_called(address):
    assert not ssrf.is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111"])
def test_a_public_address_may_be_called(address):
    assert ssrf.is_allowed(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])
def test_no_spelling_of_the_loopback_address_is_called(message, receiver, settings, host):
    settings.WEBHOOK_PRIVATE_NETWORKS = []

    with pytest.raises(PermanentFailure) as failure:
        Webhook().send(message(f"https://{host}:{receiver.port}/", secret=SECRET))

    assert failure.value.code in {"address_private", "url_private"}
    assert receiver.calls == []


@pytest.fixture
def names(monkeypatch):
    """The addresses that a name resolves to, one lookup after the other."""
    answers: list[list[str]] = []
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if not str(host).endswith(".test"):
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return [
            entry for each in answers.pop(0) for entry in real(each, port, type=socket.SOCK_STREAM)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers, asked


def test_a_name_is_resolved_once_and_that_address_is_called_by_its_name(message, receiver, names):
    answers, asked = names
    answers.append(["127.0.0.1"])

    Webhook().send(message(f"https://hooks.test:{receiver.port}/", secret=SECRET))

    assert asked == ["hooks.test"]
    assert receiver.calls[0].headers["host"] == f"hooks.test:{receiver.port}"


def test_the_certificate_must_be_for_the_name(message, receiver, names):
    answers, _ = names
    answers.append(["127.0.0.1"])

    with pytest.raises(Outage):
        Webhook().send(message(f"https://other.test:{receiver.port}/", secret=SECRET))

    assert receiver.calls == []


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"]])
def test_a_name_that_resolves_to_a_private_address_is_refused(
    message, receiver, settings, names, found
):
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    answers, _ = names
    answers.append(found)
    Webhook().check(f"https://hooks.test:{receiver.port}/", SECRET)

    with pytest.raises(PermanentFailure) as failure:
        Webhook().send(message(f"https://hooks.test:{receiver.port}/", secret=SECRET))

    assert failure.value.code == "address_private"
    assert receiver.calls == []
