from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from backend.auditor import heartbeat
from backend.auditor.rounds import SILENT_AFTER
from backend.models import AuditorRun
from notifications.services.dispatch import heartbeats
from tests.peers.http import running_http

BROKEN = {"law": {"count": 1, "ids": ["1"]}}


@pytest.fixture
def outside(settings):
    """Who raises the alarm when it hears nothing."""
    with running_http() as sink:
        settings.HEARTBEAT_URL = f"{sink.origin}/ping/secret"
        yield sink


@pytest.fixture
def at(db):
    return clock.now()


def all_is_well(at, *, audited=timedelta(0), ticked=timedelta(0), **found: object) -> None:
    heartbeats.beat_dispatcher(name="one", at=at - ticked)
    AuditorRun.objects.create(at=at - audited, milliseconds=1, **found)


def test_while_all_is_well_it_is_heard_outside(outside, at):
    all_is_well(at)

    assert heartbeat.beat(at=at)

    (call,) = outside.calls
    assert (call.path, call.body) == ("/ping/secret", b"")


@pytest.mark.parametrize(
    "trouble",
    [
        {"broken": BROKEN},
        {"unchecked": ["law"]},
        {"audited": SILENT_AFTER},
        {"ticked": heartbeats.FRESH},
    ],
    ids=str,
)
def test_if_not_it_is_silent(outside, at, trouble):
    all_is_well(at, **trouble)

    assert not heartbeat.beat(at=at)
    assert outside.calls == []


def test_before_anything_is_known_it_is_silent(outside, at):
    assert not heartbeat.beat(at=at)
    assert outside.calls == []


def test_a_refusal_is_logged_without_the_address(outside, at, caplog):
    all_is_well(at)
    outside.answer(503)

    assert not heartbeat.beat(at=at)

    (line,) = caplog.records
    assert (line.msg, line.status) == ("heartbeat_failed", 503)
    assert "secret" not in caplog.text


def test_an_address_where_nobody_answers_is_given_up_soon(settings, at, caplog):
    all_is_well(at)
    with running_http() as sink:
        settings.HEARTBEAT_URL = f"{sink.origin}/ping/secret"

    assert not heartbeat.beat(at=at)

    (line,) = caplog.records
    assert (line.msg, line.outcome) == ("heartbeat_failed", "ConnectError")
    assert "secret" not in caplog.text


def test_without_an_address_nothing_is_called(settings, at):
    all_is_well(at)
    assert settings.HEARTBEAT_URL == ""

    assert not heartbeat.beat(at=at)
