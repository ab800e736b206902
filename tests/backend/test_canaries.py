"""I13: nothing that is sent, published or logged contains health data."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from ipaddress import ip_network
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import clock
from backend.celery import app
from backend.dispatcher.broker import Broker
from backend.dispatcher.executors import InlineExecutor
from backend.dispatcher.scheduler import Scheduler
from backend.logs import JsonFormatter
from notifications import outbox
from notifications.models import Delivery, Urgency
from notifications.services.dispatch import heartbeats
from tests.api_client import ApiClient, entry
from tests.canaries import CANARY, SECRETS, WORDS, answer_of
from tests.fixtures import MONDAY_EVENING, TwoClinics
from tests.peers.browser import Browser, vapid_key
from tests.peers.certificates import Authority
from tests.peers.http import HttpSink, running_http
from tests.peers.http2 import running_http2
from tracker.models import Escalation


@pytest.fixture
def log():
    """The log lines of every level, formatted."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            # The mail server of the tests runs in this process, too, and writes what it gets.
            if not record.name.startswith("mail."):
                lines.append(self.format(record))

    keep, root = Keep(), logging.getLogger()
    keep.setFormatter(JsonFormatter())
    before = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(keep)
    root.setLevel(before)


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def world(settings, tmp_path, smtp):
    """A server for every channel."""
    authority = Authority(tmp_path)
    certificate = authority.certificate("127.0.0.1")
    with (
        running_http() as plain,
        running_http(certificate) as hook,
        running_http2(certificate) as apple,
    ):
        plain.decide = lambda call: answer_of(call.path)
        settings.CA_FILE = str(authority.file)
        settings.WEBPUSH_PRIVATE_KEY, settings.WEBPUSH_SERVICES = vapid_key(), [plain.origin]
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "a token"
        settings.TWILIO_FROM, settings.TWILIO_URL = "+15005550001", plain.origin
        settings.FCM_URL = plain.origin
        settings.FCM_SERVICE_ACCOUNT = json.dumps(
            {
                "project_id": "lumbar",
                "client_email": "a@example.org",
                "private_key": pem(rsa.generate_private_key(65537, 2048)),
                "token_uri": f"{plain.origin}/token",
            }
        )
        settings.APNS_KEY = pem(ec.generate_private_key(ec.SECP256R1()))
        settings.APNS_URL, settings.APNS_TOPIC = apple.origin, "org.example.app"
        settings.WEBHOOK_PORTS = [hook.port]
        settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
        yield {"plain": plain, "webhook": hook, "apns": apple}


def register_everywhere(who, world: dict[str, HttpSink], browser: Browser) -> None:
    addresses = {
        **SECRETS,
        "webpush": f"{world['plain'].origin}/push/1",
        "webhook": f"{world['webhook'].origin}/hook",
    }
    secrets = {"webpush": browser.secret, "webhook": "whsec_" + "QUJD" * 8}
    for channel, address in addresses.items():
        outbox.add_contact_point(
            recipient_id=who.recipient_id,
            channel=channel,
            address=address,
            secret=secrets.get(channel, ""),
            at=MONDAY_EVENING,
        )


def plant(phone: ApiClient) -> None:
    """Log records with the canary in each text field, and open a red flag."""
    words = f"{CANARY} saddle numbness, pain 9, oxycodone"
    day = phone.put("diary/2026-03-02", entry(pain_average=9, note=words))
    assert day.status_code == 201, day.content
    sent = {"at": "2026-03-02T20:30:00-05:00", "answers": {"saddle_numbness": "yes"}}
    flags = phone.put(f"red-flag-checklists/{uuid4()}", sent)
    assert flags.status_code == 201, flags.content


def messages_at_the_broker() -> bytes:
    with app.connection_for_read() as connection:
        client = connection.default_channel.client
        names = [urgency.queue for urgency in Urgency]
        found = b"".join(b"".join(client.lrange(name, 0, -1)) for name in names)
        client.delete(*names)
    return found


def test_nothing_that_is_sent_or_logged_contains_health_data(transactional_db, world, smtp, log):
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=1))
    clinics, browser = TwoClinics(), Browser()
    clinics.alice.full_name = f"Alice {CANARY}"
    clinics.alice.save()
    register_everywhere(clinics.nora, world, browser)
    messages_at_the_broker()

    plant(ApiClient.signed_in(clinics.alice))
    assert Escalation.objects.filter(flag__priority="P0").exists()
    waiting = offer_to_the_broker()
    send_everything()

    sent = set(Delivery.objects.filter(state=Delivery.State.SENT).values_list("channel", flat=True))
    assert sent == {"webpush", "apns", "fcm", "webhook", "sms", "email"}
    left = outgoing(world, smtp.mails, browser)
    assert waiting
    assert log
    for where, raw in {**left, "broker": waiting, "log": "\n".join(log).encode()}.items():
        assert raw, where
        assert [word for word in WORDS if word.encode() in raw] == [], where
    for where, raw in {"broker": waiting, "log": "\n".join(log).encode()}.items():
        known = [*SECRETS.values(), "/push/1", "/hook", "nora@"]
        assert [address for address in known if address.encode() in raw] == [], where


def offer_to_the_broker() -> bytes:
    """Return what a dispatcher publishes to the broker."""
    at = clock.now()
    for urgency in Urgency:
        heartbeats.beat_worker(queue=urgency.queue, at=at)
    Scheduler(executors=dict.fromkeys(Urgency, InlineExecutor()), broker=Broker(app)).run_once(at)
    return messages_at_the_broker()


def send_everything() -> None:
    """Dispatch without workers and confirmations, so that every channel is used."""
    alone = Scheduler(executors=dict.fromkeys(Urgency, InlineExecutor()))
    for _ in range(6):
        clock.shift(timedelta(minutes=2, seconds=30))
        while alone.run_once(clock.now()):
            pass


def outgoing(world: dict[str, HttpSink], mails, browser: Browser) -> dict[str, bytes]:
    """Return all bytes by their receiver; a push message also decrypted."""
    found = {name: b"\n".join(call.raw for call in sink.calls) for name, sink in world.items()}
    pushes = [call for call in world["plain"].calls if call.path.startswith("/push/")]
    found["read by the browser"] = b"\n".join(browser.read(call.body) for call in pushes)
    found["mail"] = b"\n".join(mail.raw for mail in mails)
    return found
