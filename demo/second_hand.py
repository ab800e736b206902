"""A second dispatcher for the walk: the rules of 24 patients at noon fill two cores.

Both claim with SKIP LOCKED, as any number of dispatchers do.
"""

from __future__ import annotations

import logging
import signal
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType


class SecondHand:
    def __init__(self, log: Path) -> None:
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_set_up, initargs=(log,)
        )

    def __enter__(self) -> SecondHand:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def tick_beside(self, at: datetime) -> None:
        """One round of the dispatcher, here and there at the same time."""
        from backend.dispatcher import run_once

        there = self._pool.submit(_tick, at)
        run_once(at)
        there.result()


def _set_up(log: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the demo itself answers to Ctrl-C
    import django

    django.setup()
    stream = log.open("w")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)


def _tick(at: datetime) -> None:
    from backend.dispatcher import run_once

    run_once(at)
