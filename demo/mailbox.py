"""The demo's mailbox: an SMTP server, and a page that shows the received mail.

No mail leaves the machine: both listen on the loopback interface only.
"""

from __future__ import annotations

import email
import email.policy
import html
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"
SHOWN = 200  #: newest mails on one page
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Mail:
    number: int
    address: str
    subject: str
    body: str
    at: datetime

    @property
    def links(self) -> list[str]:
        return LINK.findall(self.body)


@dataclass
class Mailbox:
    """The received mail; `now` is the demo's clock, which is shifted while it loads."""

    smtp_port: int
    web_port: int
    now: Callable[[], datetime]
    zone: ZoneInfo
    _mails: list[Mail] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Mailbox:
        self._smtp = Controller(self, hostname=HOST, port=self.smtp_port)
        self._smtp.start()
        self._web = ThreadingHTTPServer((HOST, self.web_port), _page_of(self))
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._smtp.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self._lock:
            self._mails += (
                Mail(len(self._mails) + number, address, message["Subject"], _text(message), at)
                for at in [self.now()]
                for number, address in enumerate(envelope.rcpt_tos, start=1)
            )
        return "250 OK"

    def __len__(self) -> int:
        return len(self._mails)

    def to(self, address: str) -> list[Mail]:
        """Return the mails to this address, oldest first."""
        with self._lock:
            return [mail for mail in self._mails if mail.address == address]

    def all(self) -> list[Mail]:
        with self._lock:
            return list(self._mails)


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return part.get_content().strip() if part else ""


def _page_of(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path != "/":
                self.send_error(404)
                return
            to = parse_qs(address.query).get("to", [""])[0]
            body = page(mailbox, to=to).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing: the terminal shows the demo's progress."""

    return Page


def page(mailbox: Mailbox, *, to: str = "") -> str:
    """Return a page of the newest mails, all or those to one address, that reloads itself."""
    mails = mailbox.to(to) if to else mailbox.all()
    shown = mails[: -SHOWN - 1 : -1]
    counts = Counter(mail.address for mail in mailbox.all())
    people = "".join(
        f'<li><a href="/?to={quote(address)}">{html.escape(address)}</a> {count}</li>'
        for address, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    heading = f"Mail to {html.escape(to)}" if to else "All mail"
    articles = "".join(_article(mail, mailbox.zone) for mail in shown)
    return PAGE.format(
        heading=heading,
        count=f"{len(mails)} mails, newest first"
        + (f", {len(shown)} shown" if len(shown) < len(mails) else ""),
        people=people,
        articles=articles or "<p>Nothing yet.</p>",
    )


def _article(mail: Mail, zone: ZoneInfo) -> str:
    body = LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', html.escape(mail.body))
    at = mail.at.astimezone(zone)
    return (
        f'<article id="mail-{mail.number}"><h2>{html.escape(mail.subject)}</h2>'
        f"<p class=to>to <b>{html.escape(mail.address)}</b>,"
        f' <time datetime="{mail.at.isoformat()}">{at:%a %d %b, %H:%M:%S %Z}</time></p>'
        f"<pre>{body}</pre></article>"
    )


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{heading} - Lumbar demo</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 72rem; margin: 0 auto; padding: 1rem; display: grid; gap: 0 2rem;
  grid-template-columns: minmax(0, 1fr) 19rem }}
header {{ grid-column: 1 / -1 }} h1 {{ margin: 0 }}
nav ul {{ list-style: none; padding: 0; overflow-wrap: anywhere }}
article {{ border-top: 1px solid #8886; padding: .8rem 0 }}
h2 {{ font-size: 1.05rem; margin: 0 }} .to {{ margin: 0; font-size: .9rem }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0 0 }}
@media (max-width: 50rem) {{ body {{ display: block }} }}
</style></head><body>
<header><h1>{heading}</h1><p>{count}. None of it left this machine.</p></header>
<main>{articles}</main>
<nav aria-label="By address"><p><a href="/">All mail</a></p><ul>{people}</ul></nav>
</body></html>
"""
