"""The rules against a second, naive reading of the clinical document."""

from __future__ import annotations

from random import Random

import pytest

from tests.tracker.rules.hard_histories import hard_history
from tests.tracker.rules.reference_implementation import Reading
from tracker.rules import evaluate, parse_history
from tracker.rules.engine.replay import flag_events

SEEDS = range(40)


def found(document: dict) -> set[tuple[str, str, int]]:
    history = parse_history(document)
    told = flag_events(history, evaluate(history, until=None))
    return {(line.finding.rule, line.finding.priority.value, line.day) for line in told}


@pytest.mark.parametrize("seed", SEEDS)
def test_two_readings_of_the_document_agree(seed):
    document = hard_history(Random(seed))

    assert found(document) == Reading(document).openings()
