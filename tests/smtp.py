"""A real SMTP server for tests: it keeps what it is sent and answers as told."""

from __future__ import annotations

import asyncio
import email
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from time import monotonic

from aiosmtpd.controller import Controller

OK = "250 OK"


@dataclass(frozen=True)
class Mail:
    address: str
    message: EmailMessage
    raw: bytes
    arrived: float

    @property
    def id(self) -> str:
        return self.message["Message-ID"]


class SmtpSink:
    """Answers 250 unless a script for the address says otherwise."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.greeted = threading.Event()
        self.while_data: Callable[[Mail], None] = lambda mail: None
        self._recipient_answers: dict[str, deque[str]] = defaultdict(deque)
        self._data_answers: dict[str, deque[str]] = defaultdict(deque)
        self._open = threading.Event()
        self._open.set()

    def answer_recipient(self, address: str, *answers: str) -> None:
        self._recipient_answers[address].extend(answers)

    def answer_data(self, address: str, *answers: str) -> None:
        self._data_answers[address].extend(answers)

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.address == address]

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Accept connections and send nothing after the greeting."""
        self.greeted.clear()
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.greeted.set()
        while not self._open.is_set():
            await asyncio.sleep(0.01)
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = next_of(self._recipient_answers[address])
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        answer = next_of(self._data_answers[address])
        if answer == OK:
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            mail = Mail(address, message, envelope.content, monotonic())
            self.mails.append(mail)
            await asyncio.to_thread(self.while_data, mail)
        return answer


def next_of(answers: deque[str]) -> str:
    return answers.popleft() if answers else OK


class FreePortController(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def running_sink() -> Iterator[tuple[SmtpSink, int]]:
    sink = SmtpSink()
    controller = FreePortController(sink, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()
