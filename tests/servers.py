"""The servers and databases that a run of the tests works on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from development.servers import Cluster

TEMPLATE_LOCK = 7_061_337


#: In the environment of the workers: the cluster that the process which started them holds.
CLUSTER_NAME = "LUMBAR_TEST_CLUSTER"


def cluster_of_this_run(*, is_own: bool) -> Cluster | None:
    """Return the servers of this run, not started yet; None if the environment names some.

    The process that hands out the tests claims them, and its workers start what it holds.
    """
    if is_own:
        return claimed_cluster()
    if CLUSTER_NAME in os.environ:
        return Cluster(os.environ[CLUSTER_NAME], is_durable=False)
    if {"DATABASE_URL", "BROKER_URL"} <= os.environ.keys():
        return None
    cluster = claimed_cluster()
    os.environ[CLUSTER_NAME] = cluster.name
    return cluster


def claimed_cluster() -> Cluster:
    """Return a cluster that no other run uses: runs at the same time do not meet."""
    for number in count(1):
        cluster = Cluster("test" if number == 1 else f"test-{number}", is_durable=False)
        if cluster.claim():
            return cluster
    raise AssertionError("unreachable")


def broker_of(url: str, worker: str) -> str:
    """Return the address of an xdist worker's own database at the broker."""
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    if url.startswith("redis+socket:"):
        return f"{url.partition('?')[0]}?virtual_host={number}"
    return urlsplit(url)._replace(path=f"/{number}").geturl()


@contextmanager
def database_of(worker: str) -> Iterator[None]:
    """Work on a fresh copy of the migrated template, dropped at the end."""
    usual = connection.settings_dict["NAME"]
    name = "_".join(filter(None, [f"test_{usual}", worker]))
    with administrator() as admin:
        template = ensure_template(admin)
        drop(admin, name)
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template)))
        )
    use(name)
    yield
    use(usual)
    with administrator() as admin:  # another one: a test may have crashed the server meanwhile
        drop(admin, name)


@contextmanager
def administrator() -> Iterator[psycopg.Connection]:
    connection_to = connection.get_connection_params() | {"dbname": "postgres", "options": ""}
    connection_to.pop("cursor_factory")
    connection_to.pop("context")
    with psycopg.connect(**connection_to, autocommit=True) as admin:
        yield admin


def ensure_template(admin: psycopg.Connection) -> str:
    """Migrate once for all workers, and once for all runs until a migration changes."""
    name = f"template_lumbar_{digest_of_migrations()}"
    admin.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
    try:
        known = admin.execute("SELECT datname FROM pg_database").fetchall()
        if (name,) not in known:
            for (former,) in known:
                if former.startswith("template_lumbar_"):
                    drop(admin, former)
            migrate(admin, name)
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])
    return name


def migrate(admin: psycopg.Connection, name: str) -> None:
    half = f"{name}_half"
    usual = connection.settings_dict["NAME"]
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    admin.execute(create.format(sql.Identifier(half)))
    use(half)
    call_command("migrate", verbosity=0, interactive=False)
    use(usual)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    admin.execute(rename.format(*map(sql.Identifier, (half, name))))


def digest_of_migrations() -> str:
    files = [
        file
        for app in apps.get_app_configs()
        for file in sorted((Path(app.path) / "migrations").glob("*.py"))
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(os.fsencode(file.name) + file.read_bytes())
    return digest.hexdigest()[:12]


def use(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


def drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def child_environment() -> dict[str, str]:
    """Return what a child process needs to work on this test's database and broker."""
    return os.environ | {
        "LUMBAR_MODE": "test",
        "DATABASE_URL": database_url(),
        "BROKER_URL": settings.BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
    }


def database_url() -> str:
    config = connection.settings_dict
    user = quote(config["USER"], safe="")
    if config["PASSWORD"]:
        user += ":" + quote(config["PASSWORD"], safe="")
    name = quote(config["NAME"], safe="")
    if config["HOST"].startswith("/"):
        return f"postgresql://{user}@/{name}?host={config['HOST']}"
    port = f":{config['PORT']}" if config["PORT"] else ""
    return f"postgresql://{user}@{config['HOST']}{port}/{name}"
