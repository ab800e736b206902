from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from backend.invariants import heartbeat
from backend.invariants.periodic_check import STALE_AFTER
from backend.models import InvariantCheckRun
from notifications.services.dispatch import heartbeats
from tests.peers.http import running_http

BROKEN = {"some": {"count": 1, "ids": ["1"]}}


@pytest.fixture
def outside(settings):
    """The service that raises an alarm on silence."""
    with running_http() as sink:
        settings.HEARTBEAT_URL = f"{sink.origin}/ping/secret"
        yield sink


@pytest.fixture
def at(db):
    return clock.now()


def make_healthy(at, *, checked=timedelta(0), dispatched=timedelta(0), **found: object) -> None:
    heartbeats.beat_dispatcher(name="one", at=at - dispatched)
    InvariantCheckRun.objects.create(at=at - checked, milliseconds=1, **found)


def test_while_healthy_the_address_is_called(outside, at):
    make_healthy(at)

    assert heartbeat.beat(at=at)

    (call,) = outside.calls
    assert (call.path, call.body) == ("/ping/secret", b"")


@pytest.mark.parametrize(
    "trouble",
    [
        {"broken": BROKEN},
        {"unchecked": ["some"]},
        {"checked": STALE_AFTER},
        {"dispatched": heartbeats.FRESH},
    ],
    ids=str,
)
def test_otherwise_it_is_not_called(outside, at, trouble):
    make_healthy(at, **trouble)

    assert not heartbeat.beat(at=at)
    assert outside.calls == []


def test_before_the_first_check_it_is_not_called(outside, at):
    assert not heartbeat.beat(at=at)
    assert outside.calls == []


def test_a_refusal_is_logged_without_the_address(outside, at, caplog):
    make_healthy(at)
    outside.answer(503)

    assert not heartbeat.beat(at=at)

    (line,) = caplog.records
    assert (line.msg, line.status) == ("heartbeat_failed", 503)
    assert "secret" not in caplog.text


def test_an_address_that_does_not_answer_is_logged(settings, at, caplog):
    make_healthy(at)
    with running_http() as sink:
        settings.HEARTBEAT_URL = f"{sink.origin}/ping/secret"

    assert not heartbeat.beat(at=at)

    (line,) = caplog.records
    assert (line.msg, line.outcome) == ("heartbeat_failed", "ConnectError")
    assert "secret" not in caplog.text


def test_without_an_address_nothing_is_called(settings, at):
    make_healthy(at)
    assert settings.HEARTBEAT_URL == ""

    assert not heartbeat.beat(at=at)
