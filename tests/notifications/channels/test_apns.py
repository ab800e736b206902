from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.channels.apns import Apns
from notifications.channels.base import (
    CredentialRefused,
    Outage,
    PermanentFailure,
    TransientFailure,
    UnusableAddress,
)
from notifications.models import ContactPoint
from tests.peers.http2 import running_http2

TOKEN = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def running(authority):
    with running_http2(authority.certificate("127.0.0.1")) as sink:
        yield sink


@pytest.fixture
def apple(running):
    running.calls.clear()
    return running


@pytest.fixture(autouse=True)
def key(settings, apple, authority):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings.APNS_KEY = pem.decode()
    settings.APNS_KEY_ID = "KEY1234567"
    settings.APNS_TEAM_ID = "TEAM123456"
    settings.APNS_TOPIC = "org.example.lumbar"
    settings.APNS_URL = apple.origin
    settings.CA_FILE = str(authority.file)
    return key


def test_the_push_is_what_apple_documents(message, apple, key):
    apple.answer(200, b"", apns_id="00000000-0000-0000-0000-000000000007")

    assert Apns().send(message(TOKEN)) == "00000000-0000-0000-0000-000000000007"

    [call] = apple.calls
    assert call.path == f"/3/device/{TOKEN}"
    assert call.json == {
        "aps": {"alert": {"title": "Lumbar", "body": "Your answer is needed"}, "sound": "default"},
        "link": "https://lumbar.example.org/console/flags/7",
        "id": "00000000-0000-0000-0000-000000000007",
    }
    assert call.headers["apns-topic"] == "org.example.lumbar"
    assert call.headers["apns-push-type"] == "alert"
    assert call.headers["apns-priority"] == "10"
    assert abs(int(call.headers["apns-expiration"]) - time.time() - 1200) < 30
    assert len(call.headers["apns-collapse-id"]) <= 64


def test_the_provider_token_is_signed_with_our_key(message, apple, key):
    Apns().send(message(TOKEN))

    token = apple.calls[0].headers["authorization"].removeprefix("bearer ")
    claims = jwt.decode(token, key.public_key(), algorithms=["ES256"])
    assert claims["iss"] == "TEAM123456"
    assert jwt.get_unverified_header(token)["kid"] == "KEY1234567"


def test_one_provider_token_serves_many_pushes(message, apple):
    for number in range(3):
        Apns().send(message(TOKEN, delivery_id=uuid.UUID(int=number)))

    assert len({call.headers["authorization"] for call in apple.calls}) == 1
    assert len({call.headers["apns-collapse-id"] for call in apple.calls}) == 3


def test_an_expired_provider_token_is_made_anew_once(message, apple):
    Apns().send(message(TOKEN))
    time.sleep(1.1)  # the time in a token is in whole seconds
    apple.answer(403, {"reason": "ExpiredProviderToken"})

    Apns().send(message(TOKEN))

    _, refused, again = (call.headers["authorization"] for call in apple.calls)
    assert refused != again


def test_a_provider_token_that_is_refused_twice_is_our_credentials_fault(message, apple):
    for _ in range(2):
        apple.answer(403, {"reason": "ExpiredProviderToken"})

    with pytest.raises(CredentialRefused):
        Apns().send(message(TOKEN))

    assert len(apple.calls) == 2


def test_a_token_is_invalid_since_the_time_that_apple_reports(message, apple):
    apple.answer(410, {"reason": "Unregistered", "timestamp": 1_790_000_000_000})

    with pytest.raises(PermanentFailure) as failure:
        Apns().send(message(TOKEN))

    assert failure.value.disables == ContactPoint.DisabledReason.GONE
    assert failure.value.as_of == datetime.fromtimestamp(1_790_000_000, UTC)


@pytest.mark.parametrize(
    ("status", "reason", "disables"),
    [
        (400, "BadDeviceToken", ContactPoint.DisabledReason.GONE),
        (400, "DeviceTokenNotForTopic", ContactPoint.DisabledReason.GONE),
        (400, "BadTopic", None),
        (413, "PayloadTooLarge", None),
        (400, "' OR 1=1 --", None),
    ],
)
def test_a_permanent_failure_is_not_retried(message, apple, status, reason, disables):
    apple.answer(status, {"reason": reason})

    with pytest.raises(PermanentFailure) as failure:
        Apns().send(message(TOKEN))

    assert failure.value.disables == disables
    assert failure.value.code in {f"apns_{status}_{reason}", f"apns_{status}"}
    assert "'" not in failure.value.code


@pytest.mark.parametrize(("status", "is_outage"), [(429, False), (500, True), (503, True)])
def test_a_transient_failure_waits_as_long_as_apple_asks(message, apple, status, is_outage):
    apple.answer(status, {"reason": "TooManyRequests"}, Retry_After="30")

    with pytest.raises(TransientFailure) as failure:
        Apns().send(message(TOKEN))

    assert failure.value.retry_after.total_seconds() == 30
    assert isinstance(failure.value, Outage) == is_outage


@pytest.mark.parametrize("token", ["", "xyz", "0" * 63, "0" * 201, "../" + "0" * 64])
def test_a_malformed_device_token_is_refused(token):
    with pytest.raises(UnusableAddress):
        Apns().check(token, "")
