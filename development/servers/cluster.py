"""One PostgreSQL and one Valkey under a name, shared by the processes that need them."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

from development.servers.home import Home
from development.servers.postgres import Postgres
from development.servers.valkey import Valkey


@dataclass
class Cluster:
    """Servers that run while a process holds them; the last to release them stops them.

    Holding is a shared lock on a file, which the kernel releases when a process is killed.
    """

    name: str
    home: Home = field(default_factory=Home.chosen)
    is_durable: bool = True
    _held: IO[str] | None = None

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(self.home, self.name, self.is_durable)

    @cached_property
    def valkey(self) -> Valkey:
        return Valkey(self.home, self.name, self.is_durable)

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def broker_url(self) -> str:
        return self.valkey.url

    def hold(self) -> Cluster:
        """Start the servers if needed, and hold them until `release` or the end of the process."""
        with self.home.locked(self.name):
            if self._held is None:  # a claim may have come first
                self._take(fcntl.LOCK_SH)
            self._start()
        return self

    def start(self) -> None:
        """Start what does not run yet, while another process holds the cluster."""
        with self.home.locked(self.name):
            self._start()

    def _start(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def claim(self) -> bool:
        """Reserve the cluster for this process, if no other holds it; `hold` starts it."""
        with self.home.locked(self.name):
            try:
                self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def _take(self, how: int) -> None:
        users = (self.home.private / f"{self.name}.users").open("w")
        try:
            fcntl.flock(users, how)
        except BlockingIOError:
            users.close()
            raise
        self._held = users
        atexit.register(self.release)

    def release(self) -> None:
        """Stop holding the servers; stop them if no other process holds them."""
        if self._held is None:
            return
        atexit.unregister(self.release)
        users, self._held = self._held, None
        with self.home.locked(self.name), users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.valkey.stop()
            self.postgres.stop()

    def remove(self) -> None:
        """Stop the servers, even if other processes hold them, and delete their data."""
        self.valkey.stop()
        self.postgres.stop()
        for directory in (self.postgres.directory, self.postgres.socket_directory):
            shutil.rmtree(directory, ignore_errors=True)
        if self.home.state != self.home.private:
            with contextlib.suppress(OSError):  # it contains another cluster or copied binaries
                self.home.state.rmdir()

    def __enter__(self) -> Cluster:
        return self.hold()

    def __exit__(self, *_: object) -> None:
        self.release()
