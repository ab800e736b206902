"""I13 with the real processes: everything that is sent, published or logged."""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.db import connection

import clock
from backend.invariants import find_violations
from notifications import outbox
from notifications.models import Delivery
from tests.canaries import CANARY, SECRETS, WORDS, answer_of
from tests.faults.care_teams import make_teams
from tests.faults.database import until
from tests.peers.certificates import Authority
from tests.peers.http import running_http
from tracker.models import Patient
from tracker.services.people import sessions

pytestmark = [pytest.mark.fault, pytest.mark.promise("I13")]

#: How MONITOR shows what Celery sent: in JSON, in base64.
BODY = re.compile(rb'\\"body\\": \\"([A-Za-z0-9+/=]+)\\"')


@contextmanager
def monitored(broker: Path) -> Iterator[list[bytes]]:
    """Record every command that the broker gets, as its MONITOR shows them."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(broker))
        line.sendall(b"MONITOR\r\n")

        def listen() -> None:
            while chunk := line.recv(1 << 16):
                heard.append(chunk)

        listener = threading.Thread(target=listen)
        listener.start()
        yield heard
        line.shutdown(socket.SHUT_RDWR)
        listener.join()


def readable(heard: list[bytes]) -> bytes:
    raw = b"".join(heard)
    return b"\n".join([raw, *(base64.b64decode(body) for body in BODY.findall(raw))])


def test_nothing_that_is_sent_contains_health_data_even_after_failures(
    system, transactional_db, cluster, tmp_path, settings
):
    authority = Authority(tmp_path)
    system.logs = tmp_path
    with (
        running_http(authority.certificate("127.0.0.1")) as hook,
        running_http() as twilio,
        monitored(cluster.valkey.socket) as heard,
    ):
        twilio.decide = lambda call: answer_of(call.path)
        settings.WEBHOOK_PORTS = [hook.port]
        settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "a token"
        settings.TWILIO_FROM = "+15005550001"
        system.environment |= {
            "LOG_LEVEL": "DEBUG",
            "CA_FILE": str(authority.file),
            "WEBHOOK_PORTS": str(hook.port),
            "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": "a token",
            "TWILIO_FROM": "+15005550001",
            "TWILIO_URL": twilio.origin,
        }
        (team,) = make_teams(1, 0, 15)
        add_channels(team.nurse.recipient_id, hook.port)
        team.patient.full_name = f"Alice {CANARY}"
        team.patient.save()
        token = sessions.begin(
            user=team.patient.user, device_name=CANARY, at=clock.now() - timedelta(seconds=1)
        )
        _, port = system.web()
        dispatcher = system.dispatcher()
        system.worker()
        # The first call of each provider fails, and the database crashes in between.
        system.smtp.answer_data(team.nurse.user.email, "451 come back later")
        hook.answer(500, b"broken")
        phone = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        plant(phone, team.patient)
        until(lambda: hook.calls, "the first call", seconds=30)
        connection.close()
        connection.close_pool()
        cluster.postgres.stop(mode="immediate")
        assert phone.get(f"diary/{CANARY}").status_code in {404, 503}
        cluster.postgres.start()
        for _ in range(7):
            until(lambda: dispatcher.is_running, "the dispatcher", seconds=1)
            clock.shift(timedelta(minutes=5))
            outbox.wake_dispatcher()
            until(nothing_is_due, "all that is due was done", seconds=60)
        phone.close()
        offered = [str(pk) for pk in Delivery.objects.values_list("pk", flat=True)]
        left = {
            "mail": b"\n".join(mail.raw for mail in system.smtp.mails),
            "webhook": b"\n".join(call.raw for call in hook.calls),
            "sms": b"\n".join(call.raw for call in twilio.calls),
        }
    inside = {
        "broker": readable(heard),
        **{log.name: log.read_bytes() for log in tmp_path.glob("*.log")},
    }

    assert set(inside) == {"broker", "web.log", "dispatcher.log", "worker.log"}
    assert any(each.encode() in inside["broker"] for each in offered)
    assert b"the database is gone" in inside["dispatcher.log"]
    for where, raw in {**left, **inside}.items():
        assert raw, where
        assert [word for word in WORDS if word.encode() in raw] == [], where
    private = [*SECRETS.values(), "/hook", team.nurse.user.email, token]
    for where, raw in inside.items():
        assert [word for word in private if word.encode() in raw] == [], where
    size = sum(map(len, left.values())), len(inside["broker"])
    system.note(
        f"looked for {len(WORDS)} words in {size[0] / 1000:.0f} kB that left, {size[1] / 1000:.0f}"
        f" kB at the broker, {sum(map(len, inside.values())) / 1000 - size[1] / 1000:.0f} kB of"
        " logs, with a database that crashed and providers that failed: found 0"
    )


def nothing_is_due() -> bool:
    """Return whether no delivery is due, nor a step, which has no delivery before it fires."""
    at = clock.now()
    return not Delivery.objects.claimable(at).exists() and find_violations(at=at) == []


def plant(phone: httpx.Client, patient: Patient) -> None:
    """Log records with the canary in each text field, and open a red flag."""
    now = clock.now()
    at, today = now.isoformat(), now.astimezone(patient.zone).date()
    words = f"{CANARY} saddle numbness, pain 9, oxycodone"
    day = {"id": str(uuid4()), "submitted_at": at, "pain_average": 9, "note": words}
    assert phone.put(f"diary/{today}", json=day).status_code == 201
    said = {"at": at, "submitted_at": at, "answers": {"saddle_numbness": "yes"}}
    answer = phone.put(f"red-flag-checklists/{uuid4()}", json=said)
    assert answer.status_code == 201, answer.text
    refused = phone.put(f"compress-uses/{uuid4()}", json={"at": at, "type": words})
    assert refused.status_code == 400


def add_channels(recipient_id, port: int) -> None:
    at = clock.now()
    for channel, address, secret in (
        ("webhook", f"https://127.0.0.1:{port}/hook", "whsec_" + "QUJD" * 8),
        ("sms", SECRETS["sms"], ""),
    ):
        outbox.add_contact_point(
            recipient_id=recipient_id, channel=channel, address=address, secret=secret, at=at
        )
