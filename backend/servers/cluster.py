"""One PostgreSQL and one Valkey under a name, shared by whoever needs them."""

from __future__ import annotations

import atexit
import fcntl
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

from backend.servers.home import Home
from backend.servers.postgres import Postgres
from backend.servers.valkey import Valkey


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
            if self._held is None:
                self._held = (self.home.private / f"{self.name}.users").open("w")
                fcntl.flock(self._held, fcntl.LOCK_SH)
                atexit.register(self.release)
            self.postgres.start()
            self.valkey.start()
        return self

    def release(self) -> None:
        """Let go; with nobody else holding it, stop the servers."""
        if self._held is None:
            return
        atexit.unregister(self.release)
        with self.home.locked(self.name), self._held:
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                held, self._held = self._held, None
            self.valkey.stop()
            self.postgres.stop()
            del held

    def __enter__(self) -> Cluster:
        return self.hold()

    def __exit__(self, *_: object) -> None:
        self.release()
