"""The ports of a developer's processes, chosen before the settings are read: links contain them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

WEB, MAILBOX, SMTP = 8000, 8025, 1025


class PortTaken(Exception):
    """The requested port is invalid or in use."""


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    mailbox: int
    smtp: int

    @classmethod
    def from_environment(cls) -> Ports:
        """Read the ports that `choose` wrote to the environment."""
        return cls(*(int(os.environ[name]) for name in ("PORT", "MAILBOX_PORT", "SMTP_PORT")))


def choose() -> Ports:
    """Choose the demo's ports and write them to the environment.

    A requested port that is in use is an error: links in mails would open another server.
    """
    web = port_of("PORT", WEB, taken=())
    mailbox = port_of("MAILBOX_PORT", MAILBOX, taken={web})
    smtp = port_of("SMTP_PORT", SMTP, taken={web, mailbox})
    os.environ |= {
        "PORT": str(web),
        "MAILBOX_PORT": str(mailbox),
        "SMTP_PORT": str(smtp),
        "PUBLIC_URL": f"http://localhost:{web}",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
    }
    return Ports(web, mailbox, smtp)


def port_of(name: str, usual: int, *, taken: Iterable[int]) -> int:
    """Return the port that the variable names, or the first free one from `usual` on."""
    asked = os.environ.get(name, "")
    if not asked:
        return next(port for port in range(usual, 65536) if port not in taken and _is_free(port))
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise PortTaken(f"{name} is {asked!r}: give a number from 1 to 65535.")
    if int(asked) in taken or not _is_free(int(asked)):
        raise PortTaken(
            f"Port {asked} is in use: set {name} to another, or leave it out to take a free one."
        )
    return int(asked)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection that has just ended does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
