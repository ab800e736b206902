"""Resumed from any checkpoint, the evaluation finds what the whole replay finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

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
    Outcome,
    Record,
    evaluate,
    parse_history,
    parse_record,
)
from tracker.rules.history.events import next_close
from tracker.rules.history.history import History
from tracker.rules.state.current_versions import Daily


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


class Store:
    """The checkpoints that whoever stores them keeps, as records are received."""

    def __init__(self, document: Document) -> None:
        self._document = document | {"records": []}
        self._checkpoints: list[Checkpoint] = []

    def receive(
        self, records: list[Document], until: datetime
    ) -> tuple[Outcome, Checkpoint | None]:
        """What is found, and from the newest checkpoint that the records leave."""
        received = [*self._document["records"], *records]
        self._document = self._document | {"records": received}
        changed = {parse_record(record) for record in records}
        earliest = _first_changed(parse_history(self._document), changed)
        self._checkpoints = [
            each for each in self._checkpoints if earliest is None or each.at < earliest
        ]
        newest = max(self._checkpoints, key=lambda each: each.at, default=None)
        found = self._evaluate(newest, until)
        if found.checkpoint is not None:
            self._checkpoints.append(found.checkpoint)
        return found, newest

    def _evaluate(self, newest: Checkpoint | None, until: datetime) -> Outcome:
        if newest is None:
            return self.whole_replay(until)
        rest = submitted_after(self._document, newest.at)
        return evaluate(rest, until=until, since=newest)

    def whole_replay(self, until: datetime) -> Outcome:
        return evaluate(parse_history(self._document), until=until)


def _first_changed(history: History, changed: set[Record]) -> datetime | None:
    """The first word on what has changed, and on the dates of the diary that it speaks of."""
    spoken_of = {
        entry: {(type(v.record), v.day) for v in entry.versions if isinstance(v.record, Daily)}
        for entry in history.entries
    }
    touched = [e for e in history.entries if any(v.record in changed for v in e.versions)]
    dates = set().union(*(spoken_of[entry] for entry in touched))
    mates = [entry for entry in history.entries if spoken_of[entry] & dates]
    return min((entry.first.submitted_at for entry in (*touched, *mates)), default=None)


def receipts(document: Document, chance: Random) -> Iterator[tuple[datetime, Document]]:
    """When each record is received: some days late, and after what it corrects."""
    received: dict[str, datetime] = {}
    for record in sorted(document["records"], key=lambda each: "replaces" in each):
        at = datetime.fromisoformat(record.get("submitted_at") or record["at"])
        at += timedelta(days=chance.choice([0, 0, 0, 0.5, 3, 12]))
        if "replaces" in record:
            at = max(at, received[record["replaces"]])
        received[record.get("id")] = at
        yield at, record


@QUICK
@given(eventful(histories() | hard_histories), st.randoms(use_true_random=False))
def test_records_received_in_any_order_are_evaluated_as_by_the_whole_replay(document, chance):
    waiting = list(receipts(document, chance))
    ends = closes(parse_history(document))
    store = Store(document)

    for i, noon in enumerate(ends):
        now = noon + timedelta(hours=chance.choice([0, 1, 9]))
        records = [record for at, record in waiting if at <= now]
        waiting = [(at, record) for at, record in waiting if at > now]
        found, newest = store.receive(records, now)
        if records and newest is not None and i % 3 == 0:
            whole_replay = since(store.whole_replay(now), newest.at)
            assert replace(found, checkpoint=None) == whole_replay
