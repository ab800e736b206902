"""The real command in a process of its own: killed half-way, and twice at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.fixtures import make_care_team, make_clinic
from tracker.models import (
    AuditEvent,
    DiaryEntry,
    DiaryImport,
    Episode,
    Evaluation,
    Flag,
    Patient,
    Revision,
)

pytestmark = pytest.mark.django_db(transaction=True)

LEFT_BEHIND = (Patient, Episode, Revision, DiaryEntry, DiaryImport, AuditEvent, Evaluation, Flag)
PATIENCE_SECONDS = 60
PEOPLE = 6


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    make_care_team(make_clinic())
    path = tmp_path / "diary.csv"
    days = [date(2026, 1, 5) + timedelta(days=n) for n in range(14)]
    lines = [f"p{person},{day},{person % 11}" for person in range(PEOPLE) for day in days]
    path.write_text("\n".join(("patient,date,pain", *lines, "")))
    return path


def start(path: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_diary", str(path)],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def held(table: str) -> Iterator[psycopg.Connection]:
    """Lock the table, so that a process that writes to it waits."""
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context"):
        parameters.pop(ours, None)
    with psycopg.connect(**parameters) as blocker:
        blocker.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield blocker


def wait_until(blocker: psycopg.Connection, condition: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not blocker.execute(f"SELECT {condition}").fetchone()[0]:
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)


def test_a_kill_in_the_middle_leaves_nothing_and_the_next_run_everything(diary, child_environment):
    for table in ("tracker_revision", "tracker_diaryentry", "tracker_evaluation"):
        kill_at(table, diary, child_environment)
        for model in LEFT_BEHIND:
            assert not model.objects.exists(), (table, model)

    again = start(diary, child_environment)
    out, _ = again.communicate(timeout=PATIENCE_SECONDS)

    assert again.returncode == 0, out
    assert DiaryEntry.objects.count() == Revision.objects.count() == PEOPLE * 14


def kill_at(table: str, path: Path, environment: dict[str, str]) -> None:
    """Kill the import while it waits to write to this table, before its commit."""
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    with held(table) as blocker:
        child = start(path, environment)
        wait_until(
            blocker,
            f"EXISTS (SELECT FROM pg_locks WHERE NOT granted AND {here}"
            f" AND relation = '{table}'::regclass)",
        )
        child.kill()
        child.communicate()
    assert child.returncode == -signal.SIGKILL


def test_two_at_once_import_the_file_once(diary, child_environment):
    children = [start(diary, child_environment) for _ in range(2)]
    outs = [child.communicate(timeout=PATIENCE_SECONDS)[0] for child in children]

    assert [child.returncode for child in children] == [0, 0], outs
    assert sum(f"{PEOPLE * 14} new days" in out for out in outs) == 1, outs
    assert sum(f"{PEOPLE * 14} unchanged" in out for out in outs) == 1, outs
    assert DiaryEntry.objects.count() == Revision.objects.count() == PEOPLE * 14
    assert DiaryImport.objects.count() == 1
