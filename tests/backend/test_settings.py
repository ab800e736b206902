from __future__ import annotations

import json
import os
import subprocess
import sys
import zoneinfo
from datetime import datetime
from importlib.metadata import version

import pytest
import tzdata
from django.conf import settings
from django.db import connection

PRODUCTION = {
    "LUMBAR_MODE": "production",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "lumbar.example.org",
    "PUBLIC_URL": "https://lumbar.example.org",
    "DATABASE_URL": "postgresql://lumbar@localhost/lumbar",
    "BROKER_URL": "redis://localhost:6379/0",
    "EMAIL_URL": "smtp+tls://lumbar@localhost:587",
}


def read(environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    wanted = ", ".join(f"{name!r}: s.{name}" for name in names)
    code = f"import json, backend.settings as s; print(json.dumps({{{wanted}}}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def production(*names: str, **changes: str) -> dict[str, object]:
    process = read(PRODUCTION | changes, *names)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"LUMBAR_MODE"}))
def test_production_names_the_missing_variable_and_an_example(name):
    process = read({key: value for key, value in PRODUCTION.items() if key != name})

    assert process.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set: " in process.stderr


def test_without_a_mode_it_is_production():
    process = read({})

    assert "ImproperlyConfigured: SECRET_KEY is not set" in process.stderr


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"LUMBAR_MODE": "staging"}, "choose one of production, development, demo, test"),
        ({"DEBUG": "1"}, "set LUMBAR_MODE=development"),
        ({"PUBLIC_URL": "http://lumbar.example.org"}, "https only"),
        ({"DATABASE_URL": "sqlite:///lumbar.db"}, "must begin with postgresql://"),
    ],
)
def test_production_refuses(changes, complaint):
    process = read(PRODUCTION | changes)

    assert process.returncode != 0
    assert complaint in process.stderr


def test_production_needs_neither_the_demo_nor_the_development_servers():
    code = (
        "import sys, django; django.setup();"
        "print({name.partition('.')[0] for name in sys.modules} & {'demo', 'development'})"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "backend.settings"} | PRODUCTION,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert process.stdout == "set()\n"


def test_a_secret_may_be_read_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("from a file, " + "y" * 50)
    environment = {key: value for key, value in PRODUCTION.items() if key != "SECRET_KEY"}

    process = read(environment | {"SECRET_KEY_FILE": str(file)}, "SECRET_KEY")

    assert json.loads(process.stdout)["SECRET_KEY"].startswith("from a file")


def test_production_cookies_are_bound_to_the_host_and_sent_by_https_only():
    found = production(
        "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"
    )

    assert found == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }


def test_production_hashes_with_argon2_and_keeps_real_time():
    found = production("PASSWORD_HASHERS", "CLOCK_MAY_SHIFT", "DEBUG")

    assert found["PASSWORD_HASHERS"][0].endswith("Argon2PasswordHasher")
    assert found["CLOCK_MAY_SHIFT"] is False
    assert found["DEBUG"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ],
)
def test_database_connections_of_the_web_have_timeouts(limit, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {limit}")
        assert cursor.fetchone() == (value,)


def test_the_pool_is_allowed_and_bounded():
    database = settings.DATABASES["default"]

    assert database["CONN_MAX_AGE"] == 0
    assert database["OPTIONS"]["pool"]["max_size"] == settings.DATABASE_POOL_SIZE


def test_time_zones_are_those_of_the_pinned_package():
    assert zoneinfo.TZPATH == ()
    assert tzdata.__version__ == version("tzdata")
    assert tzdata.IANA_VERSION >= "2026f"
    # Older files have an hour less: since 2026 Vancouver keeps its summer time.
    winter = datetime(2026, 12, 15, 12, tzinfo=zoneinfo.ZoneInfo("America/Vancouver"))
    assert winter.utcoffset().total_seconds() == -7 * 3600
