from __future__ import annotations

import random
from datetime import timedelta

from notifications.channels.base import Retry

#: A provider may ask for longer, but a person is waiting.
LONGEST_ASKED_WAIT = timedelta(minutes=15)


def wait_before_next(retry: Retry, attempts: int, asked: timedelta | None) -> timedelta:
    """Return the wait with full jitter, so that what failed together is not retried together."""
    if asked is not None:
        return min(asked, LONGEST_ASKED_WAIT)
    if retry.waits:
        named = retry.waits[min(attempts, len(retry.waits)) - 1]
        return named * (1 + random.random() / 10)  # noqa: S311 - as below
    ceiling = min(retry.cap, retry.base * (1 << (attempts - 1)))
    return ceiling * random.random()  # noqa: S311 - spreads load, guards nothing
