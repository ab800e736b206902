"""The rules against the reference implementation: naive, and written from the document alone."""

from __future__ import annotations

from random import Random

import pytest

from tests.tracker.rules.hard_histories import hard_history
from tests.tracker.rules.reference_implementation import ReferenceImplementation
from tracker.rules import evaluate, parse_history
from tracker.rules.engine.replay import flag_events

SEEDS = range(40)


def found(document: dict) -> set[tuple[str, str, int]]:
    history = parse_history(document)
    told = flag_events(history, evaluate(history, until=None))
    return {(line.finding.rule, line.finding.priority.value, line.day) for line in told}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rules_agree_with_the_reference_implementation(seed):
    document = hard_history(Random(seed))

    assert found(document) == ReferenceImplementation(document).openings()
