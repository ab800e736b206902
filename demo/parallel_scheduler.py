"""Run the dispatcher in two processes, to evaluate many patients on two cores.

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


class ParallelScheduler:
    def __init__(self, log: Path) -> None:
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_set_up, initargs=(log,)
        )

    def __enter__(self) -> ParallelScheduler:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def run_once(self, at: datetime) -> None:
        """Run the dispatcher once, in this process and in the other at the same time."""
        other = self._pool.submit(_run_once, at)
        _run_once(at)
        other.result()


def _set_up(log: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    import django

    django.setup()
    stream = log.open("w")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)


def _run_once(at: datetime) -> None:
    # Imported after the setup: the new process imports this module without Django's settings.
    from backend.dispatcher import run_once

    run_once(at)
