from __future__ import annotations

import os
from urllib.parse import quote, urlsplit


def broker_of(url: str, worker: str | None) -> str:
    """Return the address of an xdist worker's own database at the broker."""
    number = 0 if worker is None else int(worker.removeprefix("gw")) + 1
    parts = urlsplit(url)
    if parts.scheme == "redis+socket":
        return parts._replace(query=f"virtual_host={number}").geturl()
    return parts._replace(path=f"/{number}").geturl()


def child_environment() -> dict[str, str]:
    """Return what a child process needs to work on this test's database and broker."""
    from django.conf import settings

    return os.environ | {
        "LUMBAR_MODE": "test",
        "DATABASE_URL": database_url(),
        "BROKER_URL": settings.BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
    }


def database_url() -> str:
    from django.db import connection

    config = connection.settings_dict
    user = quote(config["USER"], safe="")
    if config["PASSWORD"]:
        user += ":" + quote(config["PASSWORD"], safe="")
    name = quote(config["NAME"], safe="")
    if config["HOST"].startswith("/"):
        return f"postgresql://{user}@/{name}?host={config['HOST']}"
    port = f":{config['PORT']}" if config["PORT"] else ""
    return f"postgresql://{user}@{config['HOST']}{port}/{name}"
