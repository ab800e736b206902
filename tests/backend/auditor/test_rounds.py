from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import clock
from backend.auditor import LAWS, Check, refold, rounds
from backend.models import AuditorRun
from tests.backend.auditor.plants import a_flag_is_lost, a_write_that_left_no_line

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def broken_check(monkeypatch) -> Check:
    wrong = Check(name="wrong", invariant="-", says="-", serves="-", sql="SELECT 1 / 0")
    monkeypatch.setattr(rounds, "CHECKS", (wrong, *rounds.CHECKS))
    return wrong


def test_a_round_finds_says_and_keeps_what_is_broken(scene, monkeypatch, caplog, client):
    monkeypatch.setattr(refold, "ROUND", 1)  # every episode's turn
    rounds.run(at=clock.now())
    assert client.get("/readyz").json()["auditor"] == "ok"
    (episode,) = a_flag_is_lost(scene)

    done = rounds.run(at=scene.later(minutes=1))

    assert done.broken == {"flags_follow_from_records": {"count": 1, "ids": (str(episode),)}}
    (line,) = [record for record in caplog.records if record.msg == "invariant_broken"]
    assert (line.law, line.count) == ("flags_follow_from_records", 1)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["auditor"]) == (200, "not clean")
    assert [run.is_clean for run in AuditorRun.objects.all()] == [False, True]


def test_each_episode_has_its_turn_once_a_day():
    at = datetime(2026, 3, 2, tzinfo=UTC)

    slices = [refold.bounds(at + minute * MINUTE) for minute in range(24 * 60)]

    assert (slices[0][0].int, slices[-1][1].int) == (0, 2**128 - 1)
    assert {after[0].int - before[1].int for before, after in pairwise(slices)} == {1}
    assert refold.bounds(at + 24 * 60 * MINUTE) == slices[0]


@pytest.mark.django_db
def test_of_two_dispatchers_one_makes_the_round():
    at = clock.now()

    made = [rounds.run(at=at + seconds * SECOND) for seconds in (0, 1, 59, 61, 120)]

    assert [run is not None for run in made] == [True, False, True, False, True]


@pytest.mark.django_db
def test_a_query_that_fails_is_told_and_stops_no_other(broken_check, caplog):
    done = rounds.run(at=clock.now())

    assert done.unchecked == ["wrong"]
    assert not done.is_clean
    assert "invariant_unchecked" in caplog.messages


@pytest.mark.django_db
def test_a_round_without_time_says_what_it_left(monkeypatch):
    monkeypatch.setattr(rounds, "ROUND_SECONDS", -1)

    done = rounds.run(at=clock.now())

    assert done.unchecked == [law.name for law in LAWS]
    assert not done.is_clean


def test_a_round_looks_at_the_end_of_each_ledger(scene, monkeypatch):
    a_write_that_left_no_line(scene)  # two versions, and others came after them
    monkeypatch.setattr(rounds, "NEWEST", 1)

    assert rounds.run(at=scene.later(minutes=1)).is_clean
    monkeypatch.setattr(rounds, "NEWEST", 2000)
    assert "record_in_the_trail" in rounds.run(at=scene.later(minutes=1)).broken


@pytest.mark.django_db
def test_old_rounds_are_forgotten_and_an_old_one_says_nothing(client):
    at = clock.now()
    rounds.run(at=at - rounds.KEEP - SECOND)
    rounds.run(at=at - rounds.SILENT_AFTER)
    assert client.get("/readyz").json()["auditor"] == "silent"

    rounds.run(at=at)

    assert AuditorRun.objects.count() == 2
