from __future__ import annotations

import socket
import threading
import uuid
from dataclasses import replace
from time import monotonic

import pytest

from notifications.channels import email
from notifications.channels.base import (
    CredentialRefused,
    Message,
    Outage,
    PermanentFailure,
    TransientFailure,
)
from notifications.channels.email import Email
from tests.peers.http import running_http

MESSAGE = Message(
    delivery_id=uuid.UUID(int=7),
    address="someone@example.org",
    subject="Lumbar: Grüße",
    body="Bitte melden Sie sich an.\n",
)


def test_the_mail_arrives_as_it_was_written(smtp):
    Email().send(MESSAGE)

    [mail] = smtp.mails
    assert mail.address == "someone@example.org"
    assert mail.message["Subject"] == "Lumbar: Grüße"
    assert mail.message.get_content().strip() == "Bitte melden Sie sich an."
    assert mail.message["Auto-Submitted"] == "auto-generated"


def test_every_attempt_of_a_delivery_has_the_same_message_id(smtp):
    references = {Email().send(replace(MESSAGE, attempt=attempt)) for attempt in (1, 2)}

    assert {mail.id for mail in smtp.mails} == references
    assert len(references) == 1


def test_a_refused_recipient_is_a_permanent_failure_of_the_address(smtp):
    smtp.answer_recipient(MESSAGE.address, "550 no such user")

    with pytest.raises(PermanentFailure) as failure:
        Email().send(MESSAGE)

    assert failure.value.code == "smtp_550"
    assert failure.value.is_address_refused


def test_a_refused_text_is_not_the_addresss_fault(smtp):
    smtp.answer_data(MESSAGE.address, "554 looks like spam")

    with pytest.raises(PermanentFailure) as failure:
        Email().send(MESSAGE)

    assert not failure.value.is_address_refused


def test_an_address_with_a_line_break_reaches_no_server(smtp):
    with pytest.raises(PermanentFailure) as failure:
        Email().send(replace(MESSAGE, address="a@example.org\nBcc: b@example.org"))

    assert failure.value.is_address_refused
    assert smtp.mails == []


@pytest.mark.parametrize("moment", ["answer_recipient", "answer_data"])
def test_a_4xx_answer_is_transient(smtp, moment):
    getattr(smtp, moment)(MESSAGE.address, "451 come back later")

    with pytest.raises(TransientFailure) as failure:
        Email().send(MESSAGE)

    assert failure.value.code == "smtp_451"


def test_a_server_that_is_not_there_is_transient(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = unused.getsockname()[1]

        with pytest.raises(TransientFailure) as failure:
            Email().send(MESSAGE)

    assert failure.value.code == "ConnectionRefusedError"


def test_a_server_that_hangs_is_cut_off_at_the_deadline(smtp, monkeypatch):
    monkeypatch.setattr(email, "TOTAL_SECONDS", 0.3)
    started = monotonic()

    with smtp.hanging(), pytest.raises(TransientFailure):
        Email().send(MESSAGE)

    assert monotonic() - started < 2


def test_a_server_that_drips_is_cut_off_at_the_deadline(settings, monkeypatch):
    monkeypatch.setattr(email, "TOTAL_SECONDS", 0.5)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]
        threading.Thread(target=drip, args=[server], daemon=True).start()
        started = monotonic()

        with pytest.raises(TransientFailure):
            Email().send(MESSAGE)

    assert monotonic() - started < 2


def drip(server: socket.socket) -> None:
    """Greet, then answer each EHLO with a line that never ends."""
    client, _ = server.accept()
    with client:
        client.sendall(b"220 hello\r\n")
        try:
            while True:
                client.sendall(b"2")
                threading.Event().wait(0.05)
        except OSError:
            return


def test_an_error_after_the_mail_was_accepted_is_not_a_failure(smtp):
    async def talk_nonsense(server, session, envelope):
        return "221 " + "bye " * 3000  # a line longer than the client reads

    smtp.handle_QUIT = talk_nonsense

    assert Email().send(MESSAGE)
    assert len(smtp.mails) == 1


@pytest.fixture
def esp(settings):
    """A mail provider's own API, as Postmark documents it."""
    with running_http() as sink:
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "a token",
            "POSTMARK_API_URL": f"{sink.origin}/",
            "REQUESTS_TIMEOUT": (3, 10),
        }
        yield sink


TAKEN = {
    "To": MESSAGE.address,
    "SubmittedAt": "2026-11-22T10:00:00Z",
    "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    "ErrorCode": 0,
    "Message": "OK",
}


def test_a_providers_own_api_is_used_when_its_backend_is_chosen(esp):
    esp.answer(200, TAKEN)

    assert Email().send(MESSAGE) == TAKEN["MessageID"]

    [call] = esp.calls
    assert call.json["Subject"] == MESSAGE.subject
    assert call.json["Metadata"] == {"delivery_id": str(MESSAGE.delivery_id)}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (422, {"ErrorCode": 402, "Message": "malformed"}, PermanentFailure, "esp_422"),
        (401, {"ErrorCode": 10, "Message": "bad token"}, CredentialRefused, "esp_401"),
        (429, {"ErrorCode": 429, "Message": "slow down"}, TransientFailure, "esp_429"),
        (503, {"ErrorCode": 100, "Message": "maintenance"}, Outage, "esp_503"),
    ],
)
def test_a_mail_providers_errors_map_to_the_same_failures_as_smtp(esp, status, body, kind, code):
    esp.answer(status, body)

    with pytest.raises(kind) as failure:
        Email().send(MESSAGE)

    assert failure.value.code == code


def test_an_address_that_the_mail_provider_suppresses_is_refused(esp):
    words = (
        f"You tried to send to a recipient that has been marked as inactive.\n Found inactive"
        f" addresses: {MESSAGE.address}.\n Inactive recipients are ones that have generated a"
        f" hard bounce or a spam complaint. "
    )
    esp.answer(422, {"ErrorCode": 406, "Message": words})

    with pytest.raises(PermanentFailure) as failure:
        Email().send(MESSAGE)

    assert failure.value.is_address_refused


def test_an_unclear_response_of_a_mail_provider_is_not_a_success(esp):
    esp.answer(422, {"ErrorCode": 406, "Message": "in words that nobody foresaw"})

    with pytest.raises(TransientFailure) as failure:
        Email().send(MESSAGE)

    assert failure.value.code == "esp_unclear"


def test_a_provider_that_is_not_there_is_an_outage(esp, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": url}

        with pytest.raises(Outage):
            Email().send(MESSAGE)
