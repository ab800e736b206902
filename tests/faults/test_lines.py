"""Replies that are lost and connections that break between us and those who take our messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from notifications import outbox
from notifications.models import Attempt, Delivery
from tests.faults.proxy import Line, running_proxy
from tests.peers.certificates import Authority
from tests.peers.http import running_http

pytestmark = [pytest.mark.fault, pytest.mark.promise("I6")]

END_OF_MAIL = b"\r\n.\r\n"
MOST = 3
LATEST_SECONDS = 120


def cut_the_first(count: int, moment: bytes) -> Callable[[Line], bool]:
    """Cut so many lines, each when its client has come to the moment."""
    left = iter(range(count))
    return lambda line: moment in line.asked and next(left, None) is not None


def test_a_mail_server_whose_replies_are_lost_gets_few_copies_under_one_id(stage, tell, settings):
    with running_proxy(settings.EMAIL_PORT) as proxy:
        stage.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{proxy.port}"
        # Two break off before the mail; two mails are taken and the answer is lost.
        proxy.cuts_answer = cut_the_first(2, END_OF_MAIL)
        proxy.cuts_request = cut_the_first(2, b"TO:<")
        stage.dispatcher()
        stage.worker()
        deliveries = [tell() for _ in range(25)]
        late = stage.until_sent(*deliveries, seconds=LATEST_SECONDS)

    mails = [stage.mails_of(delivery) for delivery in deliveries]
    assert (proxy.answers_cut, proxy.requests_cut) == (2, 2)
    assert sum(mails) == len(stage.smtp.mails)  # no mail is under any other id
    assert min(mails) == 1
    assert max(mails) <= MOST
    assert sum(mails) == 25 + proxy.answers_cut
    stage.note(
        f"mail: {proxy.answers_cut} replies lost, {proxy.requests_cut} connections reset:"
        f" 25 notices, lost 0, copies {sum(mails) - 25} under the same Message-ID,"
        f" at most {max(mails)} of one; all sent after {late:.1f} s"
    )


def test_a_receiver_of_webhooks_whose_replies_are_lost_sees_one_id(stage, at, tmp_path, settings):
    authority = Authority(tmp_path)
    with (
        running_http(authority.certificate("127.0.0.1")) as receiver,
        running_proxy(receiver.port) as proxy,
    ):
        settings.WEBHOOK_PORTS = [proxy.port]
        settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
        stage.environment |= {
            "CA_FILE": str(authority.file),
            "WEBHOOK_PORTS": str(proxy.port),
            "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        # It is encrypted, so the receiver says when: each id's first call gets no answer.
        taken: Counter[str] = Counter()

        def decide(call):
            taken[call.headers["webhook-id"]] += 1
            return 200, {}, b"{}"

        receiver.decide = decide
        proxy.cuts_answer = lambda line: len(taken) > proxy.answers_cut
        stage.dispatcher()
        deliveries, late = [], []
        for number in range(3):
            deliveries.append(notice_by_webhook(at, proxy.port, number))
            late.append(stage.until_sent(deliveries[-1], seconds=LATEST_SECONDS))

    assert proxy.answers_cut == 3
    assert set(taken) == {str(delivery.pk) for delivery in deliveries}
    assert max(taken.values()) <= MOST
    assert Attempt.objects.filter(outcome=Attempt.Outcome.OUTAGE).count() == 3
    stage.note(
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
        group=f"ladder:{number}",
        urgency=outbox.Urgency.URGENT,
        expires_at=at.replace(year=at.year + 1),
        link="/console/",
        at=at,
    )
    return notification.deliveries.get()
