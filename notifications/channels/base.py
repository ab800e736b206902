"""What a channel declares, and what its call can end with.

A channel is one class. The registry, the order of fallbacks, the addresses that it accepts, the
URLs of its callbacks and the table in docs/channels.md are derived from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings

from notifications.models import ContactPoint

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    #: The same for each attempt, so that the provider recognizes a repeated call.
    delivery_id: UUID
    address: str
    subject: str
    body: str
    #: The keys of a subscription, or the secret of a webhook.
    secret: str = ""
    link: str = ""
    is_urgent: bool = False
    #: For how long the provider may keep it.
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
    """How often a channel is tried, and how long it waits in between."""

    attempts: int
    base: timedelta = timedelta(0)
    cap: timedelta = timedelta(0)
    #: Waits that a standard prescribes, instead of a base that doubles.
    waits: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider reports of a message after it accepted it."""

    delivery_id: UUID
    is_delivered: bool
    code: str = ""
    #: See `PermanentFailure`.
    disables: ContactPoint.DisabledReason | None = None
    is_address_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Where a provider's receipts arrive: a path below `/callbacks/`, and who reads them."""

    path: str
    #: Gets the request and the path's arguments. Returns None for what changes nothing; raises
    #: `ForgedReceipt`.
    read: Callable[..., Receipt | None] | None = None
    #: The URLs of a library that reads the receipts itself.
    included: str = ""


class Channel(ABC):
    """One way to reach a person."""

    #: At most 16 characters; stored with addresses, deliveries and attempts.
    name: ClassVar[str]
    label: ClassVar[str]
    #: For docs/channels.md.
    protocol: ClassVar[str]
    address_format: ClassVar[str]
    key_format: ClassVar[str] = ""
    #: The settings that it reads.
    setting_names: ClassVar[tuple[str, ...]] = ()
    #: The one of them without which it is off; None if it is always on.
    enabled_by: ClassVar[str | None] = None
    #: 0 is used at once; a later level only if an earlier one was not confirmed or failed.
    fallback_level: ClassVar[int]
    #: Whether an app or a browser registers its own address.
    is_device: ClassVar[bool] = False
    retry: ClassVar[Retry]
    #: An address that nothing has reached for this long is not used any more.
    disabled_after_failing_for: ClassVar[timedelta | None] = None
    #: How receipts arrive, if the provider sends any.
    callback: ClassVar[Callback | None] = None

    @property
    def is_configured(self) -> bool:
        """Whether this installation has the settings that the provider needs."""
        return self.enabled_by is None or bool(getattr(settings, self.enabled_by))

    @abstractmethod
    def credential(self, address: str) -> str:
        """Name what fails together: one provider under one set of credentials.

        Never a secret: it is stored with the attempt and in the breaker.
        """

    @abstractmethod
    def check(self, address: str, secret: str) -> None:
        """Raise `UnusableAddress` for what cannot be an address of this channel."""

    @abstractmethod
    def send(self, message: Message) -> str:
        """Send the message and return the provider's reference.

        Raises `TransientFailure` or `PermanentFailure`.
        """


class ForgedReceipt(Exception):
    """The signature is missing or not the provider's."""


class UnusableAddress(ValueError):
    """This cannot be an address of the channel; the message is a code such as `url_private`."""


class Failure(Exception):
    """A call failed. `code` is stored and logged, so it never contains an address or a text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:64]


class TransientFailure(Failure):
    """May succeed later, not before `retry_after` if the provider named a time."""

    def __init__(self, code: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class Outage(TransientFailure):
    """The provider failed, whatever the message was: several of these open the breaker."""


class OutcomeUnknown(Outage):
    """The request was sent and no response came: the message may have arrived."""


class CredentialRefused(Outage):
    """The provider refuses our credential: every call fails until an operator changes it."""


class PermanentFailure(Failure):
    """Will not succeed, however often it is tried."""

    def __init__(
        self,
        code: str,
        *,
        is_address_refused: bool = False,
        disables: ContactPoint.DisabledReason | None = None,
        as_of: datetime | None = None,
    ) -> None:
        super().__init__(code)
        #: The provider refuses the address; the second time it is disabled.
        self.is_address_refused = is_address_refused
        #: Disables the address at once, unless it was confirmed after `as_of`.
        self.disables = disables
        self.as_of = as_of
