"""What a channel is: one call that hands a message to a provider, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from notifications.models import ContactPoint

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    #: Stable over retries: what makes a repeated call recognizable to the provider.
    delivery_id: UUID
    address: str
    subject: str
    body: str
    #: What only this address needs: the keys of a subscription, the secret of a webhook.
    secret: str = ""
    link: str = ""
    is_urgent: bool = False
    #: For how long the provider may hold it back.
    lasts: timedelta = HOUR
    attempt: int = 1

    @property
    def title(self) -> str:
        return self.subject.partition(": ")[0]

    @property
    def line(self) -> str:
        """The subject without the title, for a lock screen that shows both."""
        words = self.subject.partition(": ")[2]
        return words[:1].upper() + words[1:]

    @property
    def seconds(self) -> int:
        return max(0, int(self.lasts.total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and how patiently, a channel is tried."""

    attempts: int
    base: timedelta = timedelta(0)
    cap: timedelta = timedelta(0)
    #: Waits that a standard names, instead of a doubling base.
    waits: tuple[timedelta, ...] = ()


class Channel(Protocol):
    name: str
    retry: Retry

    @property
    def is_configured(self) -> bool:
        """Whether this installation has what the provider asks for."""

    def credential(self, address: str) -> str:
        """Name what fails together: one provider under one set of credentials.

        Never a secret: it is stored with the attempt and in the breaker.
        """

    def check(self, address: str, secret: str) -> None:
        """Raise `UnusableAddress` for what can be no address of this channel."""

    def send(self, message: Message) -> str:
        """Hand over the message and return the provider's reference.

        Raises `TransientFailure` or `PermanentFailure`.
        """


class UnusableAddress(ValueError):
    """This is no address of the channel."""


class Failure(Exception):
    """`code` is stored and logged, so it never holds an address or a text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:64]


class TransientFailure(Failure):
    """Worth another try, not before `retry_after` if the provider named a time."""

    def __init__(self, code: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class Outage(TransientFailure):
    """The provider's fault, not this message's: enough of them open the breaker."""


class OutcomeUnknown(Outage):
    """It was sent and nothing came back: it may have arrived."""


class CredentialRefused(Outage):
    """The provider does not know us: nothing will go through until somebody mends that."""


class PermanentFailure(Failure):
    """Will not succeed however often it is tried."""

    def __init__(
        self,
        code: str,
        *,
        is_address_refused: bool = False,
        disables: ContactPoint.DisabledReason | None = None,
        as_of: datetime | None = None,
    ) -> None:
        super().__init__(code)
        #: Believed the second time.
        self.is_address_refused = is_address_refused
        #: Believed at once, unless the address was confirmed after `as_of`.
        self.disables = disables
        self.as_of = as_of
