"""Run the product's processes for the demo and `make run`, and restart them when they end."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from urllib.parse import urlsplit

WEB_COMMAND = ("-m", "gunicorn", "--config", "python:backend.gunicorn", "backend.wsgi")
WORKER_COMMAND = (
    *("-m", "celery", "--app", "backend", "worker", "--queues", "urgent,routine,bulk"),
    *("--concurrency", "1", "--loglevel", "INFO"),
)
DISPATCHER_COMMAND = ("manage.py", "dispatch")

START_SECONDS = 120  # on a busy machine
STOP_SECONDS = 12
#: A process that ends sooner after its start is not restarted: it would end again.
SETTLED_SECONDS = 30

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessError(Exception):
    """A process did not start, or ended right after its start."""


@dataclass
class Processes:
    """Processes that are stopped in reverse order on exit.

    Each writes its output to a file in `logs`; without that, to this process's own output.
    """

    logs: Path | None
    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> Processes:
        if self.logs:
            self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, *command: str) -> None:
        if log := self.log(name):
            log.write_bytes(b"")
        self._commands[name] = command
        self._begin(name)

    def log(self, name: str) -> Path | None:
        return self.logs / f"{name}.log" if self.logs else None

    def check(self) -> None:
        """Restart processes that have ended; raise for one that had just been started."""
        for name, process in list(self._running.items()):
            if process.poll() is None:
                continue
            if monotonic() - self._started[name] < SETTLED_SECONDS:
                raise ProcessError(f"{name} ended by itself.{self._last(name)}")
            self._begin(name)

    def stop(self) -> None:
        """Send SIGTERM to each, the last one first; kill those that do not end in time."""
        # A second Ctrl-C would leave some of them running.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in reversed(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = monotonic() + STOP_SECONDS
        for process in reversed(self._running.values()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()
        signal.signal(signal.SIGINT, before)

    def wait_for(self, url: str, *, of: str) -> None:
        """Wait until the URL of that process answers with status 200."""
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline:
            self.check()
            if _answers(url):
                return
            sleep(0.1)
        raise ProcessError(f"{url} does not answer.{self._last(of)}")

    def _begin(self, name: str) -> None:
        self._started[name] = monotonic()
        with contextlib.ExitStack() as files:
            log = self.log(name)
            output = files.enter_context(log.open("ab")) if log else None
            self._running[name] = subprocess.Popen(
                [sys.executable, *self._commands[name]],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,  # Ctrl-C ends this process, which stops them in order
                preexec_fn=_end_with_parent,
            )

    def _last(self, name: str) -> str:
        log = self.log(name)
        lines = log.read_text(errors="replace").splitlines()[-12:] if log else []
        return "\n".join(["", *(f"  {line}" for line in lines)])


def _answers(url: str) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    return False


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent is killed."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
