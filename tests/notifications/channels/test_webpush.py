from __future__ import annotations

import json
import uuid
from urllib.request import urlopen

import jwt
import pytest

from notifications.channels import webpush
from notifications.channels.base import (
    Outage,
    PermanentFailure,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.webpush import WebPush
from notifications.models import ContactPoint
from tests.peers.browser import Browser, vapid_key
from tests.peers.node import ask, running_node


@pytest.fixture(autouse=True)
def _vapid(settings):
    settings.WEBPUSH_PRIVATE_KEY = vapid_key()
    settings.WEBPUSH_CONTACT = "mailto:operator@example.org"
    settings.WEBPUSH_SERVICES = ["http://localhost:*", "http://127.0.0.1:*"]


@pytest.fixture(scope="module")
def push_service():
    with running_node("web_push_service.js", "{port}", ready="/status") as origin:
        yield origin


@pytest.fixture
def subscription(push_service) -> dict:
    key = {"userVisibleOnly": "true", "applicationServerKey": webpush.public_key()}
    return ask(f"{push_service}/subscribe", key)["data"]


def test_an_independent_push_service_accepts_and_decrypts_it(message, push_service, subscription):
    WebPush().send(message(subscription["endpoint"], secret=json.dumps(subscription["keys"])))

    got = ask(f"{push_service}/get-notifications", {"clientHash": subscription["clientHash"]})
    [told] = got["data"]["messages"]
    assert json.loads(told) == {
        "title": "Lumbar",
        "body": "Your answer is needed",
        "link": "https://lumbar.example.org/console/flags/7",
        "id": "00000000-0000-0000-0000-000000000007",
    }


def test_an_independent_push_service_refuses_a_signature_by_another_key(
    message, push_service, subscription, settings
):
    settings.WEBPUSH_PRIVATE_KEY = vapid_key()

    with pytest.raises(PermanentFailure):
        WebPush().send(message(subscription["endpoint"], secret=json.dumps(subscription["keys"])))


def test_a_subscription_that_an_independent_service_let_expire_is_gone(
    message, push_service, subscription
):
    expire(push_service, subscription["clientHash"])

    with pytest.raises(PermanentFailure) as failure:
        WebPush().send(message(subscription["endpoint"], secret=json.dumps(subscription["keys"])))

    assert failure.value.disables == ContactPoint.DisabledReason.GONE


def expire(push_service: str, client_hash: str) -> None:
    urlopen(f"{push_service}/expire-subscription/{client_hash}", data=b"").close()


def push(message, provider, **changes):
    return WebPush().send(
        message(f"{provider.origin}/push/1", **{"secret": Browser().secret} | changes)
    )


def test_the_call_has_the_vapid_signature_and_the_time_to_live(message, provider):
    provider.answer(201, b"", Location="/message/1")

    assert push(message, provider) == "/message/1"

    [call] = provider.calls
    assert call.headers["ttl"] == "1200"
    assert call.headers["urgency"] == "high"
    assert call.headers["content-encoding"] == "aes128gcm"
    assert len(call.headers["topic"]) <= 32
    scheme, token, key = call.headers["authorization"].replace(",", "").split()
    assert (scheme, key) == ("vapid", f"k={webpush.public_key()}")
    claims = jwt.decode(token.removeprefix("t="), options={"verify_signature": False})
    assert claims["aud"] == provider.origin
    assert claims["sub"] == "mailto:operator@example.org"
    assert claims["exp"] - claims["iat"] <= 24 * 60 * 60


def test_the_text_is_encrypted_in_the_call(message, provider):
    push(message, provider)

    assert b"answer" not in provider.calls[0].raw
    assert b"flags" not in provider.calls[0].raw


def test_every_attempt_has_the_same_topic_and_another_notification_has_another(message, provider):
    for number in (7, 7, 8):
        push(message, provider, delivery_id=uuid.UUID(int=number))

    first, again, other = (call.headers["topic"] for call in provider.calls)
    assert first == again != other


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_used_no_more(message, provider, status):
    provider.answer(status)

    with pytest.raises(PermanentFailure) as failure:
        push(message, provider)

    assert failure.value.disables == ContactPoint.DisabledReason.GONE


@pytest.mark.parametrize(("status", "refused"), [(400, True), (403, True), (413, False)])
def test_a_permanent_failure_is_not_retried(message, provider, status, refused):
    provider.answer(status)

    with pytest.raises(PermanentFailure) as failure:
        push(message, provider)

    assert failure.value.is_address_refused == refused
    assert failure.value.disables is None


@pytest.mark.parametrize(("status", "is_outage"), [(429, False), (500, True), (503, True)])
def test_a_transient_failure_waits_as_long_as_the_service_asks(
    message, provider, status, is_outage
):
    provider.answer(status, b"", Retry_After="120")

    with pytest.raises(TransientFailure) as failure:
        push(message, provider)

    assert failure.value.retry_after.total_seconds() == 120
    assert isinstance(failure.value, Outage) == is_outage


ENDPOINTS = [
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil.example/?https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com@evil.example/x",
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com:22/x",
    "https://169.254.169.254/x",
    "https://push.apple.com.evil.example/x",
    "https://[::1/x",
    "https://fcm.googleapis.com/x\r\ny",
    "https://fcm.googleapis.com/" + "x" * 2000,
    "",
]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=range(len(ENDPOINTS)))
def test_an_endpoint_of_no_known_push_service_is_refused(message, settings, endpoint):
    settings.WEBPUSH_SERVICES = ["https://fcm.googleapis.com", "https://*.push.apple.com"]

    with pytest.raises(UnusableAddress):
        WebPush().check(endpoint, Browser().secret)
    with pytest.raises(PermanentFailure):
        WebPush().send(message(endpoint, secret=Browser().secret))


@pytest.mark.parametrize("secret", ["", "{}", "[]", "null", '{"p256dh": "x", "auth": "y"}'])
def test_malformed_keys_are_refused(settings, secret):
    with pytest.raises(UnusableAddress):
        WebPush().check("http://localhost:1/x", secret)
