"""The examples of the replay contract, and trial data through the rules' own functions."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from fractions import Fraction

import pytest

from tests.trial_data import shared_file
from tracker.rules import THRESHOLDS, evaluate, parse_history
from tracker.rules.engine.replay import flag_events
from tracker.rules.state.weekly_means import is_no_response, percent_fallen


def test_examples_of_the_contract_agree():
    histories = shared_file("examples.jsonl", "contracts").read_text().splitlines()
    expected = shared_file("examples.expected.jsonl", "contracts").read_text().splitlines()

    found = []
    for text in histories:
        history = parse_history(text)
        for line in flag_events(history, evaluate(history, until=None)):
            shown = line.as_json()
            found.append({k: shown[k] for k in ("patient", "rule", "priority", "day", "date")})

    assert found == [json.loads(line) for line in expected]


@pytest.fixture(scope="module")
def completers():
    """(pain before, pain after) of those who finished four weeks, by arm."""
    rows = defaultdict(dict)
    with shared_file("ashar2022_cbp_rct.csv").open() as stream:
        for row in csv.DictReader(stream):
            if row["pain"]:
                rows[row["patient"], row["treatment"]][row["day"]] = Fraction(row["pain"])
    arms = defaultdict(list)
    for (_, arm), pains in rows.items():
        if {"0", "28"} <= pains.keys():
            arms[arm].append((pains["0"], pains["28"]))
    return arms


@pytest.mark.parametrize(
    ("arm", "not_30_percent_lower", "no_response", "of"),
    [
        pytest.param("pain_reprocessing_therapy", 7, 7, 44, id="pain reprocessing therapy"),
        pytest.param("open_label_placebo_injection", 22, 21, 44, id="open-label placebo"),
        pytest.param("usual_care", 34, 34, 47, id="usual care"),
    ],
)
def test_no_response_in_a_published_trial(completers, arm, not_30_percent_lower, no_response, of):
    pairs = completers[arm]

    assert len(pairs) == of
    assert sum(not percent_fallen(b, w, 30) for b, w in pairs) == not_30_percent_lower
    assert (
        sum(
            is_no_response(
                before,
                after,
                least_points=THRESHOLDS.response_points,
                least_percent=THRESHOLDS.response_percent,
            )
            for before, after in pairs
        )
        == no_response
    )
