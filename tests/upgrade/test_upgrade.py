"""A database of an earlier release is migrated and keeps what it holds.

release_0_1.sql.gz is a dump of the demo clinic, invented people only, by the code of 0.1.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests import servers

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RELEASE = HERE / "release_0_1.sql.gz"

#: What Django writes anew for each version of the code.
BOOKKEEPING = {"auth_permission", "cache", "django_content_type", "django_migrations"}
#: Tables and columns that a migration has renamed since: old name -> new name.
RENAMED_TABLES = {"backend_auditorrun": "backend_invariantcheckrun"}
RENAMED_COLUMNS = {
    ("notifications_delivery", "rung"): "fallback_level",
    ("notifications_delivery", "offered_at"): "hinted_at",
    ("notifications_delivery", "bundled_into_id"): "bundle_leader_id",
    **{
        (f"tracker_{table}", "epoch"): "run_number"
        for table in ("acknowledgement", "escalation", "escalationstep", "handover")
    },
}

Columns = dict[str, list[str]]


@pytest.fixture
def database(transactional_db) -> Iterator[dict[str, str]]:
    """A database with the dump in it: the environment of a process that works on it."""
    name = f"{connection.settings_dict['NAME']}_upgrade"
    with servers.administrator() as admin:
        servers.drop(admin, name)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        admin.execute(create.format(sql.Identifier(name)))
    environment = servers.child_environment()
    usual = connection.settings_dict["NAME"]
    environment["DATABASE_URL"] = environment["DATABASE_URL"].replace(f"/{usual}", f"/{name}")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as fresh:
        fresh.execute(gzip.decompress(RELEASE.read_bytes()).decode())
    yield environment
    with servers.administrator() as admin:
        servers.drop(admin, name)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def manage(environment: dict[str, str], *arguments: str) -> None:
    ran = run(environment, *arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def columns_of(database: psycopg.Connection) -> Columns:
    found = database.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY column_name)"
        " FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"
    )
    return {table: columns for table, columns in found if table not in BOOKKEEPING}


def digest_of(database: psycopg.Connection, table: str, columns: list[str]) -> tuple[int, str]:
    """How many rows there are, and a digest of all their values."""
    query = sql.SQL(
        "SELECT count(*), md5(coalesce(string_agg(value, '' ORDER BY value), ''))"
        " FROM (SELECT ROW({})::text AS value FROM {}) AS each"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("public", table))
    row = database.execute(query).fetchone()
    assert row is not None
    return row


def test_migrate_keeps_every_value_of_every_row(database):
    with psycopg.connect(database["DATABASE_URL"], autocommit=True) as before:
        old = columns_of(before)
        kept = {table: digest_of(before, table, columns) for table, columns in old.items()}
    assert kept["tracker_revision"][0] > 500

    manage(database, "migrate", "--no-input")

    with psycopg.connect(database["DATABASE_URL"], autocommit=True) as after:
        for table, columns in old.items():
            now = RENAMED_TABLES.get(table, table)
            names = [RENAMED_COLUMNS.get((table, column), column) for column in columns]
            assert digest_of(after, now, names) == kept[table], table


def test_a_migrated_database_still_agrees_with_its_records(database):
    manage(database, "migrate", "--no-input")

    ran = run(database, "check_invariants")

    # Its timers are long overdue by now: only what does not depend on the time is asked.
    of_records = ("I1 ", "I2 ", "I10 ")
    assert not [line for line in ran.stdout.splitlines() if line.startswith(of_records)]
    assert "checked" in ran.stdout, ran.stderr
