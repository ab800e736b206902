"""One PostgreSQL and one Valkey under a name, shared by whoever needs them."""

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
    """Runs while anyone holds it: the last to let go stops it.

    Holding is a shared lock on a file, so that the kernel lets go for a process
    that was killed.
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
        """Start what does not run yet and keep it until `release` or the end of the process."""
        with self.home.locked(self.name):
            if self._held is None:  # a claim may have come first
                self._take(fcntl.LOCK_SH)
            self.postgres.start()
            self.valkey.start()
        return self

    def claim(self) -> bool:
        """Take the cluster for this process alone, if nobody holds it; `hold` starts it."""
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
        """Let go; with nobody else holding it, stop the servers."""
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
        """Stop the servers, whoever holds them, and forget all they stored."""
        self.valkey.stop()
        self.postgres.stop()
        for directory in (self.postgres.directory, self.postgres.socket_directory):
            shutil.rmtree(directory, ignore_errors=True)
        if self.home.state != self.home.private:
            with contextlib.suppress(OSError):  # another cluster or copied binaries are in it
                self.home.state.rmdir()

    def __enter__(self) -> Cluster:
        return self.hold()

    def __exit__(self, *_: object) -> None:
        self.release()
