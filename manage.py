#!/usr/bin/env python
"""Lumbar's commands. Outside production it starts PostgreSQL and Valkey itself if none is named."""

from __future__ import annotations

import os
import sys

# Requests and deliveries must not wait long for the database; other commands may.
WITH_LIMITS = {"demo", "dispatch", "runserver"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    if command not in WITH_LIMITS:
        os.environ.setdefault("DATABASE_LIMITS", "off")
    if "DATABASE_URL" not in os.environ:
        # Production names its database. The mode also names the servers that are started here.
        os.environ.setdefault("LUMBAR_MODE", "demo" if command == "demo" else "development")
    mode = os.environ.get("LUMBAR_MODE", "production")
    if mode != "production" and "--help" not in sys.argv:
        from development.environment import prepare

        prepare(command, mode)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
