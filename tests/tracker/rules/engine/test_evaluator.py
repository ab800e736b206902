"""What is evaluated until when, and when the next day closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.tracker.rules.diaries import document, entries, entry, rules
from tracker.rules import evaluate, parse_history


def test_the_next_close_is_named():
    history = parse_history(document(entries([5, 5])))
    noon = datetime(2026, 1, 8, 17, 0, tzinfo=UTC)

    assert evaluate(history, until=None).next_close_at == noon
    assert evaluate(history, until=noon).next_close_at == noon + timedelta(days=1)
    assert evaluate(history, until=noon - timedelta(seconds=1)).next_close_at == noon
    long_before = datetime(2020, 1, 1, tzinfo=UTC)
    assert evaluate(history, until=long_before).next_close_at == noon - timedelta(days=2)


def test_what_was_submitted_after_until_is_not_known():
    records = [entry(1, 2), entry(9, 2, walking=5)]

    assert rules(records, until=5) == set()


@pytest.mark.parametrize(
    ("later", "is_known"),
    [(timedelta(0), True), (timedelta(seconds=1), False)],
    ids=["submitted at that moment", "a second after it"],
)
def test_what_was_submitted_at_until_is_known(later, is_known):
    history = parse_history(document([entry(1, 2, walking=5)]))
    (submitted_at,) = history.arrivals

    flags = evaluate(history, until=submitted_at - later).flags

    assert [flag.rule for flag in flags] == (["FUNC-UNABLE"] if is_known else [])


def test_a_history_without_records_is_quiet():
    assert rules([]) == set()
