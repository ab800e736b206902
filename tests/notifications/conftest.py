from __future__ import annotations

import pytest

from tests.outgoing import at, enqueue, recipient, smtp
from tests.peers.http import running_http

__all__ = ["at", "enqueue", "recipient", "smtp"]


@pytest.fixture
def twilio(settings):
    """A server in place of Twilio, with an account of ours."""
    with running_http() as sink:
        settings.TWILIO_ACCOUNT_SID = "AC1"
        settings.TWILIO_AUTH_TOKEN = "a token"
        settings.TWILIO_FROM = "+15005550001"
        settings.TWILIO_URL = sink.origin
        yield sink
