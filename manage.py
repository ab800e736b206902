#!/usr/bin/env python
"""Lumbar's commands. With no DATABASE_URL it brings PostgreSQL and Valkey itself."""

from __future__ import annotations

import os
import sys

# These need no server; all others find one running.
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

# These answer somebody who waits; all others may take their time.
WITH_LIMITS = {"demo", "dispatch", "runserver"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    if command not in WITH_LIMITS:
        os.environ.setdefault("DATABASE_LIMITS", "off")
    if command == "demo":
        choose_ports()
    if "DATABASE_URL" not in os.environ:
        # Whoever names no server is not in production; the mode also names the cluster.
        mode = os.environ.setdefault("LUMBAR_MODE", "demo" if command == "demo" else "development")
        if mode != "production" and command not in WITHOUT_SERVERS and "--help" not in sys.argv:
            from backend.servers import Cluster, ServerError

            try:
                Cluster(mode, is_durable=mode != "demo").hold()
            except ServerError as error:
                sys.exit(str(error))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def choose_ports() -> None:
    """Before the settings are read, which build links on them."""
    from backend.demo.ports import PortTaken, choose

    try:
        choose()
    except PortTaken as taken:
        sys.exit(str(taken))


if __name__ == "__main__":
    main()
