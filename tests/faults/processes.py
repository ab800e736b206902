"""Start, pause and kill Lumbar's processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DISPATCHER = ("manage.py", "dispatch")
WORKER = (
    *("-m", "celery", "-A", "backend", "worker", "--queues", "urgent,routine,bulk"),
    *("--concurrency", "2", "--loglevel", "INFO"),
)
#: A worker that fails on demand.
FAILING_WORKER = tuple(
    "tests.faults.failing_worker" if each == "backend" else each for each in WORKER
)
WEB = ("-m", "gunicorn", "--config", "python:backend.gunicorn", "backend.wsgi")


class Process:
    """A process with its children, under a name that PostgreSQL shows."""

    def __init__(
        self,
        name: str,
        command: tuple[str, ...],
        environment: dict[str, str],
        log: Path | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment | {"PGAPPNAME": name}
        self._log = log
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log.open("ab")) if self._log else None
            self._popen = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        return self

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """Send SIGTERM, as a deployment does; return the exit code."""
        os.kill(self._popen.pid, signal.SIGTERM)
        return self._popen.wait(timeout=30)

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that it and its children have used."""
        used = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self._popen.pid:  # its process group
                    used += int(fields[11]) + int(fields[12])
        return used / os.sysconf("SC_CLK_TCK")

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, if it has ended."""
        return self._popen.poll()

    def end(self) -> None:
        """Kill it and its children, whatever the test did to it."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError):
                self._signal(signal.SIGKILL)
            self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._popen.pid, number)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
