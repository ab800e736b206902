"""Resumed from any checkpoint, the evaluation finds what the whole replay finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracker.rules.diaries import Document
from tests.tracker.rules.engine.resuming import since, submitted_after
from tests.tracker.rules.strategies import (
    QUICK,
    eventful,
    hard_histories,
    histories,
    long_histories,
)
from tracker.rules import (
    Checkpoint,
    CheckpointUnusable,
    evaluate,
    parse_history,
)
from tracker.rules.history.events import next_close
from tracker.rules.history.history import History


def closes(history: History) -> list[datetime]:
    last = max(history.last_day or 0, history.episodes.first.first_day)
    until = history.calendar.close(last) + timedelta(days=25)
    days = range(history.episodes.first.first_day, next_close(history, until))
    return sorted({history.calendar.close(day) for day in days})


def checkpoints(document: Document, ends: list[datetime]) -> Iterator[Checkpoint]:
    """At every close that is a clean cut, each made from the one before it."""
    newest = None
    for at in ends:
        history = (
            parse_history(document) if newest is None else submitted_after(document, newest.at)
        )
        try:
            made = evaluate(history, until=at, since=newest).checkpoint
        except CheckpointUnusable:
            made = evaluate(parse_history(document), until=at).checkpoint
        if made is not None:
            newest = made
            yield made


def check(document: Document, chosen: slice) -> None:
    history = parse_history(document)
    ends = closes(history)
    whole = evaluate(history, until=ends[-1])

    for checkpoint in list(checkpoints(document, ends))[chosen]:
        resumed = evaluate(
            submitted_after(document, checkpoint.at), until=ends[-1], since=checkpoint
        )

        assert replace(resumed, checkpoint=None) == since(whole, checkpoint.at)


@QUICK
@given(eventful(histories() | hard_histories))
def test_resuming_from_any_checkpoint_finds_what_the_whole_replay_finds(document):
    check(document, slice(None))


@settings(QUICK, max_examples=4)
@given(eventful(long_histories, longest=260), st.integers(20, 50))
def test_resuming_finds_the_same_after_more_days_than_are_carried(document, step):
    check(document, slice(step, None, step))
