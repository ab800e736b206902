from __future__ import annotations

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

import clock
from notifications.models import Delivery
from notifications.services.deliveries.sending import deliver

ADDRESS = "someone@example.org"


@pytest.fixture
def worker():
    """Sends the first delivery that appears, as the dispatcher's workers do."""

    def work():
        for _ in range(200):
            if delivery := Delivery.objects.first():
                deliver(delivery_id=delivery.pk, at=clock.now())
                break
            threading.Event().wait(0.02)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def test_an_operator_sees_that_an_address_is_reached(recipient, smtp, worker):
    out = StringIO()

    call_command("send_test_message", "email", ADDRESS, stdout=out)

    [mail] = smtp.mails
    assert mail.message["Subject"] == "Lumbar: a test"
    assert out.getvalue() == f"Delivery {Delivery.objects.get().pk}: sent\n"


def test_without_a_dispatcher_it_reports_that_nothing_was_sent(recipient):
    with pytest.raises(CommandError, match="was not sent"):
        call_command("send_test_message", "email", ADDRESS, "--wait", "0", stdout=StringIO())


@pytest.mark.parametrize(
    ("channel", "address", "refusal"),
    [
        ("email", "nobody@example.org", "Nobody uses this address"),
        ("sms", "+15005550006", "sms is not set up"),
    ],
)
def test_what_cannot_be_reached_is_refused(recipient, channel, address, refusal):
    with pytest.raises(CommandError, match=refusal):
        call_command("send_test_message", channel, address)

    assert not Delivery.objects.exists()
