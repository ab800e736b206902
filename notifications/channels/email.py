from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from threading import Timer
from typing import Any
from uuid import UUID

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from anymail.signals import EventType
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from notifications.channels.base import (
    Callback,
    Channel,
    CredentialRefused,
    Message,
    Outage,
    PermanentFailure,
    Receipt,
    Retry,
    TransientFailure,
    UnusableAddress,
)
from notifications.channels.bearer_tokens import fingerprint
from notifications.models import ContactPoint

Reason = ContactPoint.DisabledReason

CONNECT_SECONDS = 3
TOTAL_SECONDS = 10
#: anymail's statuses for a message that the provider accepted.
TAKEN = {"sent", "queued"}


class Email(Channel):
    """Sends by SMTP, or by a provider's own API through one of anymail's backends."""

    name = "email"
    label = "Email"
    protocol = "SMTP, or a provider's own API through [anymail](https://anymail.dev)"
    address_format = "an inbox"
    setting_names = ("EMAIL_URL", "EMAIL_BACKEND", "ANYMAIL")
    fallback_level = 2
    callback = Callback(path="anymail/", included="anymail.urls")
    retry = Retry(attempts=10, base=timedelta(seconds=30), cap=timedelta(hours=1))

    def credential(self, address: str) -> str:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        keys = (settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD, str(settings.ANYMAIL))
        return fingerprint(settings.EMAIL_BACKEND, server, *keys)

    def check(self, address: str, secret: str) -> None:
        try:
            validate_email(address)
        except ValidationError:
            raise UnusableAddress("address_malformed") from None

    def send(self, message: Message) -> str:
        mail = _compose(message)
        try:
            return _hand_over(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            raise _by_code(code, is_address_refused=True) from None
        except smtplib.SMTPDataError as error:
            raise _by_code(error.smtp_code, is_address_refused=False) from None
        except smtplib.SMTPResponseException as error:
            # The server refused the greeting, the sign-in or the sender: the fault is this
            # installation's, so the delivery must not die of it.
            raise _setup_refused(error.smtp_code) from None
        except AnymailRecipientsRefused:
            raise PermanentFailure("recipient_refused", is_address_refused=True) from None
        except AnymailError as error:
            raise _of_provider(error) from None
        except ValueError:
            # The address cannot be put in a header: it contains a line break, for example.
            raise PermanentFailure("address_malformed", is_address_refused=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Outage(type(error).__name__) from None


#: The person's own decision, so the address is disabled at once.
OPTED_OUT = {EventType.COMPLAINED, EventType.UNSUBSCRIBED}
#: A bounce may be a full mailbox: not every provider distinguishes it from a deleted one.
REFUSED = {EventType.BOUNCED, EventType.REJECTED}
FAILED = OPTED_OUT | REFUSED | {EventType.FAILED}


def read_event(event: Any) -> Receipt | None:
    """Read what a mail provider reports, in anymail's form; anymail has checked who sent it."""
    try:
        delivery_id = UUID(str((event.metadata or {})["delivery_id"]))
    except (KeyError, ValueError):
        return None  # not a notification: for example a link to reset a password
    if event.event_type == EventType.DELIVERED:
        return Receipt(delivery_id=delivery_id, is_delivered=True)
    if event.event_type not in FAILED:
        return None
    return Receipt(
        delivery_id=delivery_id,
        is_delivered=False,
        code=f"esp_{event.event_type}",
        disables=Reason.OPTED_OUT if event.event_type in OPTED_OUT else None,
        is_address_refused=event.event_type in REFUSED,
    )


def _compose(message: Message) -> EmailMessage:
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.address],
        headers={
            "Message-ID": f"<{message.delivery_id}@{domain}>",
            # Prevents out-of-office replies.
            "Auto-Submitted": "auto-generated",
        },
    )
    # A provider's API returns it with each bounce; SMTP ignores it.
    mail.metadata = {"delivery_id": str(message.delivery_id)}  # type: ignore[attr-defined]
    return mail


def _hand_over(mail: EmailMessage) -> str:
    backend = get_connection(timeout=CONNECT_SECONDS)
    if not isinstance(backend, EmailBackend):
        backend.send_messages([mail])
        return _providers_word(mail)
    with _cut_after(TOTAL_SECONDS, backend):
        try:
            backend.open()
            _socket(backend).settimeout(TOTAL_SECONDS)
            backend.send_messages([mail])
        finally:
            # An error after the server accepted the mail is not a failure to send.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                backend.close()
    return str(mail.extra_headers["Message-ID"])


def _providers_word(mail: EmailMessage) -> str:
    status = getattr(mail, "anymail_status", None)
    if status is None:  # a backend that prints or keeps mails
        return str(mail.extra_headers["Message-ID"])
    if not status.status or not status.status <= TAKEN:
        raise TransientFailure("esp_unclear")
    return str(status.message_id)


@contextlib.contextmanager
def _cut_after(seconds: float, backend: EmailBackend) -> Iterator[None]:
    """Close the connection at the deadline, however slowly the server sends."""

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


def _setup_refused(code: int) -> TransientFailure:
    if code in {530, 534, 535, 538}:
        return CredentialRefused(f"smtp_setup_{code}")
    return Outage(f"smtp_setup_{code}")


def _of_provider(error: AnymailError) -> TransientFailure | PermanentFailure:
    status = getattr(error, "status_code", None)
    if not isinstance(error, AnymailAPIError):
        return PermanentFailure(type(error).__name__)
    if status is None or status >= 500:
        return Outage(f"esp_{status or type(error).__name__}")
    if status in {401, 403}:
        return CredentialRefused(f"esp_{status}")
    if status == 429:
        return TransientFailure("esp_429")
    return PermanentFailure(f"esp_{status}")
