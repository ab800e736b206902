from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.db.migrations.recorder import MigrationRecorder


def test_live_checks_no_server(client):
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_with_database_and_broker(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    told = {"status": "ok", "database": "ok", "broker": "ok", "invariants": "silent"}
    assert response.json() == told


@pytest.mark.django_db
def test_ready_without_a_broker(client, settings):
    settings.BROKER_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["broker"] == "unreachable"


@pytest.mark.django_db
def test_not_ready_before_all_migrations_are_applied(client):
    MigrationRecorder.Migration.objects.filter(app="clock", name="0002_lumbar_now").delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"] == "migrations pending"


def test_not_ready_without_a_database(tmp_path):
    nowhere = {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "LUMBAR_MODE": "test",
        "DATABASE_URL": f"postgresql://x@/x?host={tmp_path}",
    }
    ask = (
        "import django; django.setup(); from django.test import Client;"
        "answer = Client().get('/readyz', headers={'host': 'localhost'});"
        "print(answer.status_code, answer.json()['database'])"
    )

    output = subprocess.check_output([sys.executable, "-c", ask], env=os.environ | nowhere)

    assert output.decode().splitlines()[-1] == "503 unreachable"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_only_reads(client, path):
    assert client.post(path).status_code == 405
