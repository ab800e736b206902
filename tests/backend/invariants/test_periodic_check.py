from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import clock
from backend.invariants import (
    SqlInvariant,
    all_invariants,
    periodic_check,
    reevaluation,
    sql_invariants,
)
from backend.models import InvariantCheckRun
from tests.backend.invariants.violations import a_flag_is_lost, a_write_that_left_no_line

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def broken_query(monkeypatch) -> None:
    wrong = SqlInvariant(name="wrong", code="-", description="-", rationale="-", sql="SELECT 1 / 0")
    monkeypatch.setattr(periodic_check, "sql_invariants", lambda: (wrong, *sql_invariants()))


def test_a_violation_is_found_logged_and_stored(history, monkeypatch, caplog, client):
    monkeypatch.setattr(reevaluation, "SAMPLES", 1)  # all episodes
    periodic_check.run(at=clock.now())
    assert client.get("/readyz").json()["invariants"] == "ok"
    (episode,) = a_flag_is_lost(history)

    done = periodic_check.run(at=history.later(minutes=1))

    assert done.broken == {"flags_match_reevaluation": {"count": 1, "ids": (str(episode),)}}
    (line,) = [record for record in caplog.records if record.msg == "invariant_broken"]
    assert (line.invariant, line.count) == ("flags_match_reevaluation", 1)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["invariants"]) == (200, "not clean")
    assert [run.is_clean for run in InvariantCheckRun.objects.all()] == [False, True]


def test_each_episode_is_checked_once_a_day():
    at = datetime(2026, 3, 2, tzinfo=UTC)

    slices = [reevaluation.bounds(at + minute * MINUTE) for minute in range(24 * 60)]

    assert (slices[0][0].int, slices[-1][1].int) == (0, 2**128 - 1)
    assert {after[0].int - before[1].int for before, after in pairwise(slices)} == {1}
    assert reevaluation.bounds(at + 24 * 60 * MINUTE) == slices[0]


@pytest.mark.django_db
def test_of_two_dispatchers_one_checks():
    at = clock.now()

    made = [periodic_check.run(at=at + seconds * SECOND) for seconds in (0, 1, 59, 61, 120)]

    assert [run is not None for run in made] == [True, False, True, False, True]


@pytest.mark.django_db
def test_a_query_that_fails_is_reported_and_stops_no_other(broken_query, caplog):
    done = periodic_check.run(at=clock.now())

    assert done.unchecked == ["wrong"]
    assert not done.is_clean
    assert "invariant_unchecked" in caplog.messages


@pytest.mark.django_db
def test_what_there_was_no_time_for_is_stored(monkeypatch):
    monkeypatch.setattr(periodic_check, "RUN_SECONDS", -1)

    done = periodic_check.run(at=clock.now())

    assert done.unchecked == [each.name for each in all_invariants()]
    assert not done.is_clean


def test_only_the_newest_rows_are_checked(history, monkeypatch):
    a_write_that_left_no_line(history)  # two versions, and others came after them
    monkeypatch.setattr(periodic_check, "NEWEST", 1)

    assert periodic_check.run(at=history.later(minutes=1)).is_clean
    monkeypatch.setattr(periodic_check, "NEWEST", 2000)
    assert "record_audited" in periodic_check.run(at=history.later(minutes=1)).broken


@pytest.mark.django_db
def test_old_runs_are_deleted_and_not_reported_as_the_newest(client):
    at = clock.now()
    periodic_check.run(at=at - periodic_check.KEEP - SECOND)
    periodic_check.run(at=at - periodic_check.STALE_AFTER)
    assert client.get("/readyz").json()["invariants"] == "silent"

    periodic_check.run(at=at)

    assert InvariantCheckRun.objects.count() == 2
