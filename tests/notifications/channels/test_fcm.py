from __future__ import annotations

import json
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.channels.base import (
    CredentialRefused,
    Outage,
    PermanentFailure,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.fcm import FCM_ERROR, Fcm
from notifications.models import ContactPoint
from tests.peers.http import Call

TOKEN = "fcm-token:" + "x" * 140
Reason = ContactPoint.DisabledReason


class Google:
    """Answers as Google documents: a token for a signed assertion, then the calls."""

    def __init__(self, sink, key) -> None:
        self._sink, self._key = sink, key
        self.issued: list[str] = []
        self.refused: list[tuple[int, object, dict[str, str]]] = []
        sink.decide = self.decide

    @property
    def pushes(self) -> list[Call]:
        return [call for call in self._sink.calls if call.path != "/token"]

    def refuse(self, status: int, error: str = "", **headers: str) -> None:
        details = [{"@type": FCM_ERROR, "errorCode": error}] if error else []
        said = {"error": {"code": status, "message": "no", "details": details}}
        self.refused.append((status, said, headers))

    def decide(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        if call.path == "/token":
            return self._token(call)
        if call.headers["authorization"] not in [f"Bearer {token}" for token in self.issued[-1:]]:
            return 401, {}, b"{}"
        if self.refused:
            status, said, headers = self.refused.pop(0)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return status, named, json.dumps(said).encode()
        return 200, {}, json.dumps({"name": "projects/lumbar/messages/7"}).encode()

    def _token(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        assertion = call.form["assertion"]
        audience = f"{self._sink.origin}/token"
        try:
            claims = jwt.decode(
                assertion, self._key.public_key(), algorithms=["RS256"], audience=audience
            )
        except jwt.InvalidTokenError:
            return 400, {}, b'{"error": "invalid_grant"}'
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        assert claims["exp"] - claims["iat"] <= 3600
        assert call.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        self.issued.append(f"token-{len(self.issued)}")
        return 200, {}, json.dumps({"access_token": self.issued[-1], "expires_in": 3599}).encode()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def google(provider, settings, key):
    settings.FCM_URL = provider.origin
    settings.FCM_SERVICE_ACCOUNT = account(provider, key)
    return Google(provider, key)


def account(provider, key) -> str:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    known = {
        "project_id": "lumbar",
        # Another for each test: an access token is kept for as long as its account is the same,
        # and a later test may find its provider on the port of an earlier one.
        "client_email": f"{uuid.uuid4()}@example.org",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "token_uri": f"{provider.origin}/token",
    }
    return json.dumps(known)


def test_the_push_is_what_google_documents(message, google):
    assert Fcm().send(message(TOKEN)) == "projects/lumbar/messages/7"

    [call] = google.pushes
    once = "00000000-0000-0000-0000-000000000007"
    assert call.path == "/v1/projects/lumbar/messages:send"
    assert call.json == {
        "message": {
            "token": TOKEN,
            "notification": {"title": "Lumbar", "body": "Your answer is needed"},
            "data": {"link": "https://lumbar.example.org/console/flags/7", "id": once},
            "android": {
                "priority": "HIGH",
                "ttl": "1200s",
                "collapse_key": once,
                "notification": {"tag": once},
            },
        }
    }


def test_one_access_token_serves_many_pushes(message, google):
    for number in range(3):
        Fcm().send(message(TOKEN, delivery_id=uuid.UUID(int=number)))

    assert len(google.issued) == 1
    assert len(google.pushes) == 3


def test_an_access_token_that_google_forgot_is_asked_for_anew(message, google):
    Fcm().send(message(TOKEN))
    google.issued[-1] = "revoked"

    Fcm().send(message(TOKEN))

    assert len(google.issued) == 2


def test_an_account_that_google_does_not_know_is_our_credentials_fault(
    message, google, provider, settings
):
    other = rsa.generate_private_key(65537, 2048)
    settings.FCM_SERVICE_ACCOUNT = account(provider, other)

    with pytest.raises(CredentialRefused) as failure:
        Fcm().send(message(TOKEN))

    assert failure.value.code == "google_400"
    assert google.pushes == []


@pytest.mark.parametrize(
    ("status", "error", "disables"),
    [
        (404, "UNREGISTERED", Reason.GONE),
        (400, "INVALID_ARGUMENT", Reason.GONE),
        (403, "SENDER_ID_MISMATCH", Reason.REFUSED),
        (400, "", None),
        (404, "", None),
    ],
)
def test_a_permanent_failure_is_not_retried(message, google, status, error, disables):
    google.refuse(status, error)

    with pytest.raises(PermanentFailure) as failure:
        Fcm().send(message(TOKEN))

    assert failure.value.disables == disables
    assert len(google.pushes) == 1


def test_a_project_refused_is_our_credentials_fault(message, google):
    google.refuse(403)

    with pytest.raises(CredentialRefused):
        Fcm().send(message(TOKEN))


@pytest.mark.parametrize(
    ("status", "asked", "seconds", "is_outage"),
    [
        (429, {"Retry_After": "90"}, 90, False),
        (429, {}, 60, False),
        (500, {}, 10, True),
        (503, {"Retry_After": "30"}, 30, True),
    ],
)
def test_a_transient_failure_waits_as_long_as_google_asks(
    message, google, status, asked, seconds, is_outage
):
    google.refuse(status, "QUOTA_EXCEEDED", **asked)

    with pytest.raises(TransientFailure) as failure:
        Fcm().send(message(TOKEN))

    assert failure.value.retry_after.total_seconds() == seconds
    assert isinstance(failure.value, Outage) == is_outage


@pytest.mark.parametrize("token", ["", "short", "x" * 5000, "a token with spaces" * 3, "ü" * 40])
def test_a_malformed_registration_token_is_refused(token):
    with pytest.raises(UnusableAddress):
        Fcm().check(token, "")
