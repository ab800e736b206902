from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from threading import Timer

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.base import (
    Message,
    PermanentFailure,
    Retry,
    TransientFailure,
)

CONNECT_SECONDS = 3
TOTAL_SECONDS = 10


class Email:
    name = "email"
    retry = Retry(attempts=10, base=timedelta(seconds=30), cap=timedelta(hours=1))

    def send(self, message: Message) -> str:
        mail = _compose(message)
        try:
            _hand_over(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            raise _by_code(code, is_address_refused=True) from None
        except smtplib.SMTPDataError as error:
            raise _by_code(error.smtp_code, is_address_refused=False) from None
        except smtplib.SMTPResponseException as error:
            # The greeting, the sign-in or the sender was refused. That is about this
            # installation, so it must not use up the recipient's mail.
            raise TransientFailure(f"smtp_setup_{error.smtp_code}") from None
        except ValueError:
            # What cannot be put in a header, such as a line break, is no address.
            raise PermanentFailure("address_malformed", is_address_refused=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise TransientFailure(type(error).__name__) from None
        return str(mail.extra_headers["Message-ID"])


def _compose(message: Message) -> EmailMessage:
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = sender.rpartition("@")[2]
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.address],
        headers={
            "Message-ID": f"<{message.delivery_id}@{domain}>",
            # Keeps out-of-office answers from coming back.
            "Auto-Submitted": "auto-generated",
        },
    )


def _hand_over(mail: EmailMessage) -> None:
    backend = get_connection(timeout=CONNECT_SECONDS)
    if not isinstance(backend, EmailBackend):
        backend.send_messages([mail])
        return
    with _cut_after(TOTAL_SECONDS, backend):
        try:
            backend.open()
            _socket(backend).settimeout(TOTAL_SECONDS)
            backend.send_messages([mail])
        finally:
            # What goes wrong after the server took the mail is not a failure to send.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                backend.close()


@contextlib.contextmanager
def _cut_after(seconds: float, backend: EmailBackend) -> Iterator[None]:
    """End the conversation at its deadline, however slowly the server drips."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            _socket(backend).shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _socket(backend: EmailBackend) -> socket.socket:
    if backend.connection is None or backend.connection.sock is None:
        raise ConnectionError
    return backend.connection.sock


def _by_code(code: int, *, is_address_refused: bool) -> TransientFailure | PermanentFailure:
    if 500 <= code < 600:
        return PermanentFailure(f"smtp_{code}", is_address_refused=is_address_refused)
    return TransientFailure(f"smtp_{code}")
