"""Fill in what the environment leaves out, before Django reads its settings."""

from __future__ import annotations

import os
import sys

from development.ports import PortTaken, choose
from development.servers import Cluster, ServerError

#: Commands that connect to no server.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "help",
    "makemessages",
    "replay",
    "rules_docs",
    "spectacular",
    "version",
}


def prepare(command: str, mode: str) -> None:
    """Choose the demo's ports, and start servers for a command that needs them."""
    try:
        if command == "demo":
            choose()
        if command not in WITHOUT_SERVERS:
            use_own_servers(mode)
    except (PortTaken, ServerError) as error:
        sys.exit(str(error))


def use_own_servers(mode: str) -> None:
    """Start this checkout's PostgreSQL and Valkey, unless DATABASE_URL names another database.

    They stop with the last process that called this.
    """
    cluster = Cluster(mode, is_durable=mode != "demo")
    if os.environ.get("DATABASE_URL", cluster.database_url) != cluster.database_url:
        return
    cluster.hold()
    os.environ["DATABASE_URL"] = cluster.database_url
    os.environ.setdefault("BROKER_URL", cluster.broker_url)
    os.environ.setdefault("SECRET_KEY", cluster.home.secret("key"))
