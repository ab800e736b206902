from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from notifications.channels.base import (
    CredentialRefused,
    Outage,
    OutcomeUnknown,
    PermanentFailure,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.sms import Sms
from notifications.models import ContactPoint
from tests.peers.node import running_node

TWILIOS_DESCRIPTION = "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
PRISM = "node_modules/@stoplight/prism-cli/dist/index.js"
NUMBER = "+15005550006"


@pytest.fixture(autouse=True)
def _account(settings, provider):
    settings.TWILIO_ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
    settings.TWILIO_AUTH_TOKEN = "a token"
    settings.TWILIO_FROM = "+15005550001"
    settings.TWILIO_URL = provider.origin
    settings.PUBLIC_URL = "https://lumbar.example.org"


@pytest.fixture(scope="module")
def twilio_by_description():
    """A server made of Twilio's own description of its API; it refuses what does not fit it."""
    command = (PRISM, "mock", "--errors", "--port", "{port}", TWILIOS_DESCRIPTION)
    with running_node(*command, ready="/") as origin:
        yield origin


def test_what_we_send_fits_twilios_own_description(message, settings, twilio_by_description):
    settings.TWILIO_URL = twilio_by_description

    assert Sms().send(message(NUMBER)).startswith("SM")


def test_the_description_would_refuse_what_does_not_fit(message, settings, twilio_by_description):
    settings.TWILIO_URL = twilio_by_description
    settings.TWILIO_ACCOUNT_SID = "AC-not-an-account"

    with pytest.raises(PermanentFailure) as failure:
        Sms().send(message(NUMBER))

    assert failure.value.code.startswith("twilio_4")


def test_the_message_is_neutral_and_has_the_callback_url(message, provider):
    provider.answer(201, {"sid": "SM7"})

    assert Sms().send(message(NUMBER)) == "SM7"

    [call] = provider.calls
    assert call.form == {
        "To": NUMBER,
        "From": "+15005550001",
        "Body": "Lumbar: your answer is needed\nhttps://lumbar.example.org/console/flags/7",
        "StatusCallback": "https://lumbar.example.org"
        "/callbacks/twilio/00000000-0000-0000-0000-000000000007",
        "ValidityPeriod": "1200",
    }
    assert call.headers["authorization"].startswith("Basic ")


def test_a_messaging_service_may_be_the_sender(message, provider, settings):
    settings.TWILIO_FROM = "MG7"
    provider.answer(201, {"sid": "SM7"})

    Sms().send(message(NUMBER, lasts=timedelta(days=3)))

    form = provider.calls[0].form
    assert form["MessagingServiceSid"] == "MG7"
    assert form["ValidityPeriod"] == "36000"
    assert "From" not in form


Reason = ContactPoint.DisabledReason


@pytest.mark.parametrize(
    ("code", "disables"),
    [
        (21610, Reason.OPTED_OUT),
        (21211, Reason.REFUSED),
        (21614, Reason.REFUSED),
        (21408, None),
        ("21610", None),
        (None, None),
    ],
)
def test_a_refused_number_is_disabled_with_the_reason(message, provider, code, disables):
    provider.answer(400, {"code": code, "message": f"'{NUMBER}' is wrong", "status": 400})

    with pytest.raises(PermanentFailure) as failure:
        Sms().send(message(NUMBER))

    assert failure.value.disables == disables
    assert NUMBER not in failure.value.code


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, CredentialRefused), (403, CredentialRefused), (500, Outage), (503, Outage)],
)
def test_a_refused_account_or_a_failed_server_does_not_disable_the_number(
    message, provider, status, kind
):
    provider.answer(status, {"code": 20003})

    with pytest.raises(kind):
        Sms().send(message(NUMBER))


def test_a_429_waits_as_long_as_twilio_asks(message, provider):
    provider.answer(429, {"code": 20429}, Retry_After="3")

    with pytest.raises(TransientFailure) as failure:
        Sms().send(message(NUMBER))

    assert failure.value.retry_after == timedelta(seconds=3)
    assert not isinstance(failure.value, Outage)


@pytest.mark.parametrize(
    ("is_urgent", "attempt", "kind"),
    [(True, 1, OutcomeUnknown), (True, 2, PermanentFailure), (False, 1, PermanentFailure)],
)
def test_after_a_lost_response_only_an_urgent_sms_is_sent_once_more(
    message, settings, is_urgent, attempt, kind
):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.TWILIO_URL = f"http://127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=hear_and_hang_up, args=[server], daemon=True).start()

        with pytest.raises(kind):
            Sms().send(message(NUMBER, is_urgent=is_urgent, attempt=attempt))


def hear_and_hang_up(server: socket.socket) -> None:
    with suppress(OSError):
        client, _ = server.accept()
        with client:
            client.recv(65536)


@pytest.mark.parametrize(
    "number",
    ["", "5550006", "+0123456789", "+1500555000a", "+15005550006 ", "+" + "1" * 16, "+١٢٣٤٥٦٧٨"],
)
def test_a_malformed_number_is_refused(number):
    with pytest.raises(UnusableAddress):
        Sms().check(number, "")


def test_without_an_account_there_are_no_messages(settings):
    settings.TWILIO_AUTH_TOKEN = ""

    assert not Sms().is_configured
