"""The real processes behind the demo, from their start to their orderly end."""

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

START_SECONDS = 120  # on a machine that is busy with other things
STOP_SECONDS = 12
#: What ends sooner after its start would do so again and again.
SETTLED_SECONDS = 30

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessError(Exception):
    """A process of the demo did not come up, or ended before its time."""


@dataclass
class Processes:
    """Stops what it started, in reverse order, however the demo ends."""

    logs: Path
    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> Processes:
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
        self.log(name).write_bytes(b"")
        self._commands[name] = command
        self._begin(name)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Start anew what has ended, as a supervisor does; raise if it had only just begun."""
        for name, process in list(self._running.items()):
            if process.poll() is None:
                continue
            if monotonic() - self._started[name] < SETTLED_SECONDS:
                raise ProcessError(f"{name} ended by itself.{self._last(name)}")
            self._begin(name)

    def stop(self) -> None:
        """Ask them to end, the last one first; who does not is killed with its children."""
        # A second Ctrl-C would leave some of them behind.
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
        """Wait until that address of a process answers with success."""
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline:
            self.check()
            if _answers(url):
                return
            sleep(0.1)
        raise ProcessError(f"{url} does not answer.{self._last(of)}")

    def _begin(self, name: str) -> None:
        self._started[name] = monotonic()
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *self._commands[name]],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us, and we stop them in order
                preexec_fn=_end_with_parent,
            )

    def _last(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").splitlines()[-12:]
        return "\n".join(["", *(f"  {line}" for line in lines)])


def _answers(url: str) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    return False


def _end_with_parent() -> None:
    """Should the demo itself be killed, its processes end too: the kernel tells them."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
