"""What holds for any history at all."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.rules.diaries import entries, rules
from tests.tracker.rules.strategies import QUICK, histories
from tracker.rules import evaluate, parse_history
from tracker.rules.engine.replay import flag_events
from tracker.rules.state.weekly_means import is_no_response


def flags_of(history: dict) -> str:
    parsed = parse_history(history)
    found = evaluate(parsed, until=None)
    shown = [line.as_json() for line in flag_events(parsed, found, with_withdrawn=True)]
    ends = [(f.rule, str(f.cleared_at), str(f.closed_at), str(f.withdrawn_at)) for f in found.flags]
    return json.dumps([shown, ends, [(a.code, str(a.at)) for a in found.advice]])


@QUICK
@given(histories(), st.randoms(use_true_random=False))
def test_order_does_not_matter(history, chance):
    shuffled = list(history["records"])
    chance.shuffle(shuffled)

    assert flags_of({**history, "records": shuffled}) == flags_of(history)


@QUICK
@given(histories(), st.randoms(use_true_random=False))
def test_copies_do_not_matter(history, chance):
    copies = [record for record in history["records"] if chance.random() < 0.5]

    assert flags_of({**history, "records": [*history["records"], *copies]}) == flags_of(history)


@QUICK
@given(histories())
def test_offsets_do_not_matter(history):
    """The same instants, written in another zone."""

    def moved(record):
        return {
            name: datetime.fromisoformat(value).astimezone(ZoneInfo("Asia/Tokyo")).isoformat()
            if name in {"at", "submitted_at"}
            else value
            for name, value in record.items()
        }

    records = [moved(record) for record in history["records"]]

    assert flags_of({**history, "records": records}) == flags_of(history)


@QUICK
@given(histories(), st.integers(0, 60))
def test_what_is_found_so_far_stands(history, days):
    """Stopping early finds what the whole run had found by then, with its ends to come."""
    parsed = parse_history(history)
    until = parsed.calendar.close(parsed.episodes.first.first_day + days)
    whole = evaluate(parsed, until=until + timedelta(days=90))

    part = evaluate(parsed, until=until)

    assert [(f.rule, f.opened_at, f.finding) for f in part.flags] == [
        (f.rule, f.opened_at, f.finding) for f in whole.flags if f.opened_at <= until
    ]


@QUICK
@given(histories())
def test_one_flag_of_a_rule_at_a_time(history):
    flags = evaluate(parse_history(history), until=None).flags

    for flag in flags:
        end = flag.cleared_at or flag.closed_at or flag.withdrawn_at
        others = [f for f in flags if (f.rule, f.episode_no) == (flag.rule, flag.episode_no)]
        assert sum(f.is_live for f in others) <= 1
        assert all(end and f.opened_at >= end for f in others if f.opened_at > flag.opened_at)


@QUICK
@given(histories())
def test_everything_found_is_ready_for_json_and_names_its_sources(history):
    for flag in evaluate(parse_history(history), until=None).flags:
        json.dumps(flag.finding.evidence, allow_nan=False)
        assert flag.finding.sources
        assert all("[" in source for source in flag.finding.sources)
        assert flag.finding.explanation.endswith(".")


@QUICK
@given(st.lists(st.integers(0, 10), min_size=7, max_size=20), st.integers(0, 19), st.integers(1, 3))
def test_a_worse_day_takes_no_severe_flag_away(pains, which, more):
    which %= len(pains)
    worse = [min(10, p + more) if i == which else p for i, p in enumerate(pains)]

    before = rules(entries(pains, walking=3)) & {"SEV-SUST", "FUNC-LIMIT"}
    after = rules(entries(worse, walking=3)) & {"SEV-SUST", "FUNC-LIMIT"}

    assert before <= after


@given(st.fractions(0, 10), st.fractions(0, 10), st.fractions(0, 10))
def test_more_pain_is_never_more_of_a_response(before, after, more):
    def is_none(later):
        return is_no_response(before, later, least_points=2, least_percent=30)

    assert is_none(after + more) >= is_none(after)
