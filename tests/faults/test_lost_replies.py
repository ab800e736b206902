"""Replies that are lost and connections that break between us and mail servers or receivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from notifications import outbox
from notifications.models import Attempt, Delivery
from tests.faults.proxy import Connection, running_proxy
from tests.peers.certificates import Authority
from tests.peers.http import running_http

pytestmark = [pytest.mark.fault, pytest.mark.promise("I6")]

END_OF_MAIL = b"\r\n.\r\n"
MOST = 3
LATEST_SECONDS = 120


def reset_the_first(count: int, moment: bytes) -> Callable[[Connection], bool]:
    """Return a condition: reset `count` connections, each once its client has sent `moment`."""
    left = iter(range(count))
    return lambda connection: moment in connection.sent and next(left, None) is not None


def test_lost_replies_of_a_mail_server_cause_few_copies_with_one_id(system, enqueue, settings):
    with running_proxy(settings.EMAIL_PORT) as proxy:
        system.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{proxy.port}"
        # Two connections break before the mail; two mails are accepted and the reply is lost.
        proxy.resets_response = reset_the_first(2, END_OF_MAIL)
        proxy.resets_request = reset_the_first(2, b"TO:<")
        system.dispatcher()
        system.worker()
        deliveries = [enqueue() for _ in range(25)]
        late = system.until_sent(*deliveries, seconds=LATEST_SECONDS)

    mails = [system.mails_of(delivery) for delivery in deliveries]
    assert (proxy.responses_reset, proxy.requests_reset) == (2, 2)
    assert sum(mails) == len(system.smtp.mails)  # no mail is under any other id
    assert min(mails) == 1
    assert max(mails) <= MOST
    assert sum(mails) == 25 + proxy.responses_reset
    system.note(
        f"mail: {proxy.responses_reset} replies lost, {proxy.requests_reset} connections reset:"
        f" 25 notices, lost 0, copies {sum(mails) - 25} under the same Message-ID,"
        f" at most {max(mails)} of one; all sent after {late:.1f} s"
    )


def test_lost_replies_of_a_webhook_receiver_cause_calls_with_one_id(system, at, tmp_path, settings):
    authority = Authority(tmp_path)
    with (
        running_http(authority.certificate("127.0.0.1")) as receiver,
        running_proxy(receiver.port) as proxy,
    ):
        settings.WEBHOOK_PORTS = [proxy.port]
        settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
        system.environment |= {
            "CA_FILE": str(authority.file),
            "WEBHOOK_PORTS": str(proxy.port),
            "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        # The content is encrypted, so the receiver decides: each id's first call gets no reply.
        taken: Counter[str] = Counter()

        def decide(call):
            taken[call.headers["webhook-id"]] += 1
            return 200, {}, b"{}"

        receiver.decide = decide
        proxy.resets_response = lambda connection: len(taken) > proxy.responses_reset
        system.dispatcher()
        deliveries, late = [], []
        for number in range(3):
            deliveries.append(notice_by_webhook(at, proxy.port, number))
            late.append(system.until_sent(deliveries[-1], seconds=LATEST_SECONDS))

    assert proxy.responses_reset == 3
    assert set(taken) == {str(delivery.pk) for delivery in deliveries}
    assert max(taken.values()) <= MOST
    assert Attempt.objects.filter(outcome=Attempt.Outcome.OUTAGE).count() == 3
    system.note(
        f"webhook: 3 replies lost: 3 notices, lost 0, calls {dict(Counter(taken.values()))}"
        f" (how many by calls under one id); each sent after {max(late):.1f} s at most"
    )


def notice_by_webhook(at, port: int, number: int) -> Delivery:
    recipient = outbox.upsert_recipient(language="en", time_zone="Europe/Berlin")
    outbox.add_contact_point(
        recipient_id=recipient.pk,
        channel="webhook",
        address=f"https://127.0.0.1:{port}/hook/{number}",
        secret="whsec_" + "QUJD" * 8,
        at=at,
    )
    notification = outbox.enqueue(
        recipient_id=recipient.pk,
        kind=outbox.Kind.ESCALATION,
        group=f"escalation:{number}",
        urgency=outbox.Urgency.URGENT,
        expires_at=at.replace(year=at.year + 1),
        link="/console/",
        at=at,
    )
    return notification.deliveries.get()
