"""Make the demo's database anew."""

from __future__ import annotations

import psycopg
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg import sql


def recreate() -> None:
    """Drop and create the demo's own database; the command refuses any other."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connections[DEFAULT_DB_ALIAS].close_pool()  # type: ignore[attr-defined]
    parameters = connection.get_connection_params() | {"dbname": "postgres", "options": ""}
    for ours in ("cursor_factory", "context"):
        parameters.pop(ours, None)
    with psycopg.connect(**parameters, autocommit=True) as admin:
        quoted = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted))


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)
