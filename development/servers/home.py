"""The directories of the servers, and the account that they run as."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class ServerError(Exception):
    """A development server could not be found, started or reached."""


@dataclass(frozen=True)
class Account:
    """The account that servers run as, which is not root: PostgreSQL refuses that."""

    uid: int
    gid: int

    @classmethod
    def chosen(cls) -> Account:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        name = os.environ.get("DEVPG_USER", "nobody")
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise ServerError(f"There is no account {name!r}: set DEVPG_USER.") from None
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def is_borrowed(self) -> bool:
        return self.uid != os.geteuid()

    def run(self, command: Sequence[str | Path], **options: object) -> subprocess.Popen[bytes]:
        """Start a command as this account, without our terminal and environment."""
        borrowed = (
            {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_borrowed else {}
        )
        defaults = {
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "start_new_session": True,  # Ctrl-C ends this process, which stops the servers in order
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        }
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command], **{**defaults, **borrowed, **options}
        )

    def own(self, directory: Path) -> Path:
        """Make a directory that only this account can read."""
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        found = directory.lstat()
        # Every account may write to /tmp: a directory of another account is not used.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {self.uid, os.geteuid()}:
            raise ServerError(f"{directory} belongs to another account: remove it.")
        directory.chmod(0o700)
        if self.is_borrowed:
            os.chown(directory, self.uid, self.gid)
        return directory

    def readable(self, binary: Path, *, of: Path, copies: Path) -> Path:
        """Return the binary, from a copy of the tree `of` where this account cannot read it."""
        with contextlib.suppress(PermissionError):
            if self.run([binary, "--version"]).wait() == 0:
                return binary
        version = metadata.version(of.name.replace("_", "-"))
        copy = copies / f"{of.name}-{version}"
        if not copy.exists():
            half = Path(tempfile.mkdtemp(dir=copies))
            half.chmod(0o755)
            # auditwheel puts a wheel's libraries beside its package.
            for tree in (of, of.with_name(f"{of.name}.libs")):
                if tree.exists():
                    shutil.copytree(tree, half / tree.name, symlinks=True)
            half.rename(copy)
        return copy / of.name / binary.relative_to(of)


@dataclass(frozen=True)
class Home:
    """The directories of one checkout's servers: LUMBAR_HOME, or .lumbar/ in the checkout."""

    path: Path

    @classmethod
    def chosen(cls) -> Home:
        return cls(Path(os.environ.get("LUMBAR_HOME") or CHECKOUT / ".lumbar").resolve())

    @cached_property
    def account(self) -> Account:
        return Account.chosen()

    @cached_property
    def private(self) -> Path:
        """The directory of secrets and locks, readable by this account only."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.path

    @cached_property
    def state(self) -> Path:
        """The directory of the servers' files.

        As root it is outside of home, because the servers' account must be able to enter
        all parent directories.
        """
        if not self.account.is_borrowed:
            return self.private
        state = Path("/var/lib") / f"lumbar-{self.digest}"
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o755)
        return state

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:10]

    def sockets(self, name: str) -> Path:
        """Return a short directory for sockets, whose paths are limited to 107 bytes."""
        return Path("/tmp") / f"lumbar-{os.geteuid()}-{self.digest}-{name}"  # noqa: S108 - own() checks the owner

    def secret(self, name: str) -> str:
        """Return the secret of that name, made on first use."""
        with self.locked("secrets"):
            file = self.private / f"{name}.secret"
            if not file.exists():
                half = file.with_suffix(".new")
                half.unlink(missing_ok=True)
                half.touch(mode=0o600)
                half.write_text(secrets.token_urlsafe(48))
                half.rename(file)
            return file.read_text()

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a file lock, which the kernel releases if this process is killed."""
        with (self.private / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
