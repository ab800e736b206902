from __future__ import annotations

import uuid
from datetime import timedelta
from ipaddress import ip_network

import pytest

from notifications.channels.base import Message
from tests.outgoing import smtp
from tests.peers.certificates import Authority
from tests.peers.http import running_http

__all__ = ["smtp"]


@pytest.fixture
def provider():
    """A provider's server, for whichever channel."""
    with running_http() as sink:
        yield sink


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority, settings):
    """A receiver of webhooks in a network of our own, by https."""
    with running_http(authority.certificate("127.0.0.1", "hooks.test")) as sink:
        settings.CA_FILE = str(authority.file)
        settings.WEBHOOK_PORTS = [sink.port]
        settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
        yield sink


@pytest.fixture
def message():
    def make(address: str, **changes) -> Message:
        given = {
            "delivery_id": uuid.UUID(int=7),
            "address": address,
            "subject": "Lumbar: your answer is needed",
            "body": "Please sign in.\n",
            "link": "https://lumbar.example.org/console/flags/7",
            "is_urgent": True,
            "lasts": timedelta(minutes=20),
        }
        return Message(**given | changes)

    return make
