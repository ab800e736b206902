"""What a channel is: one call that hands a message to a provider, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    #: Stable over retries: what makes a repeated call recognizable to the provider.
    delivery_id: UUID
    address: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and how patiently, a channel is tried."""

    attempts: int
    base: timedelta
    cap: timedelta


class Channel(Protocol):
    name: str
    retry: Retry

    def send(self, message: Message) -> str:
        """Hand over the message and return the provider's reference.

        Raises `TransientFailure` or `PermanentFailure`.
        """


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


class PermanentFailure(Failure):
    """Will not succeed however often it is tried."""

    def __init__(self, code: str, *, is_address_refused: bool = False) -> None:
        super().__init__(code)
        self.is_address_refused = is_address_refused
