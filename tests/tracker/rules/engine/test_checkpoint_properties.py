"""Resumed from any checkpoint, the evaluation finds what the whole replay finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

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
    FlagHistory,
    Outcome,
    evaluate,
    parse_history,
)
from tracker.rules.history.events import next_close
from tracker.rules.history.history import History

Document = dict


def submitted_after(document: Document, at: datetime) -> History:
    """The records since, and all else."""
    records = [
        record
        for record in document["records"]
        if datetime.fromisoformat(record.get("submitted_at") or record["at"]) > at
    ]
    return parse_history(document | {"records": records})


def since(whole: Outcome, at: datetime) -> dict[str, object]:
    """What of a whole replay concerns a stored checkpoint's successor."""
    return {
        "flags": [flag for flag in whole.flags if _is_live_after(flag, at)],
        "advice": [advice for advice in whole.advice if advice.at.astimezone(UTC) > at],
        "next_close_at": whole.next_close_at,
    }


def _is_live_after(flag: FlagHistory, at: datetime) -> bool:
    ends = [flag.cleared_at, flag.closed_at, flag.withdrawn_at]
    return all(end is None or end.astimezone(UTC) > at for end in ends)


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

        assert since(resumed, checkpoint.at) == since(whole, checkpoint.at)
        assert len(resumed.flags) == len(since(whole, checkpoint.at)["flags"])


@QUICK
@given(eventful(histories() | hard_histories))
def test_resuming_from_any_checkpoint_finds_what_the_whole_replay_finds(document):
    check(document, slice(None))


@settings(QUICK, max_examples=10)
@given(eventful(long_histories, longest=260), st.integers(20, 50))
def test_so_it_does_after_more_days_than_are_carried(document, step):
    check(document, slice(step, None, step))
