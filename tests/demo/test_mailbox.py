from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest

from demo.mailbox import Mailbox

AT = datetime(2026, 10, 1, 14, 30, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    zone = ZoneInfo("America/New_York")
    with Mailbox(free_port(), free_port(), now=lambda: AT, zone=zone) as box:
        yield box


def send(mailbox: Mailbox, *, to: str, subject: str = "Hello", body: str = "Look.") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", to, subject
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
        smtp.send_message(message)


def page(mailbox: Mailbox, query: str = "") -> str:
    with urlopen(f"http://127.0.0.1:{mailbox.web_port}/{query}") as answer:
        return answer.read().decode()


def test_mail_sent_by_smtp_can_be_read_on_the_page(mailbox):
    send(mailbox, to="nurse@example.org", subject="Your answer is needed")

    shown = page(mailbox)

    assert "Your answer is needed" in shown
    assert "nurse@example.org" in shown
    assert "Thu 01 Oct, 10:30:00 EDT" in shown


def test_the_newest_mail_stands_first(mailbox):
    send(mailbox, to="a@example.org", subject="Older")
    send(mailbox, to="a@example.org", subject="Newer")

    shown = page(mailbox)

    assert shown.index("Newer") < shown.index("Older")


def test_links_of_a_mail_are_links_and_everything_else_is_escaped(mailbox):
    send(mailbox, to="a@example.org", body="<b>bold</b> http://localhost:8000/console/?a=1&b=2 .")

    shown = page(mailbox)

    assert '<a href="http://localhost:8000/console/?a=1&amp;b=2">' in shown
    assert "<b>bold</b>" not in shown
    assert mailbox.to("a@example.org")[0].links == ["http://localhost:8000/console/?a=1&b=2"]


def test_the_page_shows_the_mail_of_one_address(mailbox):
    send(mailbox, to="a@example.org", subject="For A")
    send(mailbox, to="b@example.org", subject="For B")

    shown = page(mailbox, "?to=a%40example.org")

    assert "For A" in shown
    assert "For B" not in shown
