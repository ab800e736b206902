"""The rules describe themselves, and the document is in step with them."""

from __future__ import annotations

import re
from datetime import date as Date
from pathlib import Path

import pytest

from tests.tracker.rules.diaries import date, document, entries, entry
from tracker.rules import (
    CATALOG,
    LIVE,
    RULESETS,
    THRESHOLDS,
    InvalidHistory,
    evaluate,
    parse_history,
)
from tracker.rules.documentation import clinical_rules
from tracker.rules.instruments.scales import ACTIVITY, SLEEP, STANDING, WALKING
from tracker.rules.rule import RedFlagRule
from tracker.rules.ruleset import Ruleset
from tracker.rules.thresholds import InvalidThreshold, bounds

NAMES = """
    CC-EARLY CC-FAIL CC-NOTTRIED CC-INDET RELAPSE PEG-DISC SEV-SUST SEV-DEBIL WORSE FUNC-LIMIT
    FUNC-SEV FUNC-UNABLE SURG-CONSIDER RF-CES RF-MOTOR RF-FX RF-INF RF-CA RF-CA2 RF-AAA RF-CARD
    RF-GIB RF-RESP RF-IBP MED-DOSE MED-DUP MED-NSAID2 MED-NSAID-AC MED-NSAID-RISK MED-OTC10
    MED-MME50 MED-MME90 MED-MME-UNK MED-OPI-BZD MED-OPI-SED MED-OPI-7 TH-BURN DATA-GAP
"""


def test_every_rule_of_the_document_is_there():
    assert {rule.id for rule in LIVE.rules} == set(NAMES.split())
    assert CATALOG.keys() == LIVE.by_id.keys()


@pytest.mark.parametrize("rule", LIVE.rules, ids=lambda rule: rule.id)
def test_a_rule_reads_like_its_sentence(rule):
    numbers = [
        getattr(THRESHOLDS, name) for name in rule.evaluate.__code__.co_names if name in bounds()
    ]

    assert re.search(r"Sections? \d", rule.intent)
    assert re.search(r"\[[VKP][^]]*\]", rule.intent)
    assert {str(number) for number in numbers} <= set(re.findall(r"\d+", rule.intent))


@pytest.mark.parametrize("rule", LIVE.rules, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is_for(rule):
    assert rule.title
    assert rule.intent.endswith(".")
    assert rule.clears_when
    assert rule.cannot_see
    assert all("[V" in s or "[K" in s or "[P" in s for s in rule.sources)
    assert isinstance(rule, RedFlagRule) <= (not rule.clears_itself)


def test_a_finding_carries_what_its_rule_says_of_itself():
    (flag,) = evaluate(parse_history(document([entry(1, 2, walking=5)])), until=None).flags

    rule = LIVE.by_id[flag.rule]
    assert flag.finding.cannot_see == rule.cannot_see
    assert flag.finding.clears_when == rule.clears_when
    assert flag.finding.sources == rule.sources


def test_every_threshold_is_within_its_bounds_and_has_a_source():
    for name, limit in bounds().items():
        assert limit.low <= getattr(THRESHOLDS, name) <= limit.high
        assert "[" in limit.source


def test_the_document_is_in_step():
    path = Path(__file__).parents[3] / "docs" / "clinical-rules.md"

    assert path.read_text(encoding="utf-8") == clinical_rules(), "run `manage.py rules_docs`"


def test_the_scales_have_a_word_for_every_level():
    assert [len(scale) for scale in (STANDING, WALKING, SLEEP, ACTIVITY)] == [6, 6, 5, 5]


def test_a_ruleset_takes_effect_from_a_date():
    stricter = Ruleset(
        version="test.2",
        rules=LIVE.rules,
        thresholds=THRESHOLDS.with_changes({"severe_days": 3}),
    )
    history = parse_history(document(entries([9] * 10)))

    def severe(ruleset):
        flags = evaluate(history, until=None, ruleset=ruleset).flags
        return [(f.day, f.ruleset) for f in flags if f.rule == "SEV-SUST"]

    assert severe(None) == severe(LIVE) == severe("2026.1") == [(5, "2026.1")]
    assert severe([(Date.min, LIVE), (date(4), stricter)]) == [(4, "test.2")]
    assert severe([(date(1), LIVE), (date(6), stricter)]) == [(5, "2026.1")]
    assert set(RULESETS) == {"2026.1"}


@pytest.mark.parametrize("told", [None, "2026.1"])
@pytest.mark.parametrize("written", [[0, 1], [1, 0]], ids=["oldest first", "newest first"])
def test_the_numbers_that_a_history_dates_hold_under_whatever_version_is_told(told, written):
    periods = [
        {"from": date(1).isoformat(), "version": "2026.1"},
        {"from": date(4).isoformat(), "version": "2026.1", "thresholds": {"severe_days": 3}},
    ]
    rulesets = [periods[position] for position in written]
    history = parse_history(document(entries([9] * 10), rulesets=rulesets))

    flags = evaluate(history, until=None, ruleset=told).flags

    assert [flag.day for flag in flags if flag.rule == "SEV-SUST"] == [4]


def test_the_version_that_is_told_replaces_one_that_nobody_knows_any_more():
    period = {"from": date(1).isoformat(), "version": "2019.9", "thresholds": {"severe_days": 3}}
    history = parse_history(document(entries([9] * 10), rulesets=[period]))

    flags = evaluate(history, until=None, ruleset="2026.1").flags

    severe = [(flag.day, flag.ruleset) for flag in flags if flag.rule == "SEV-SUST"]
    assert severe == [(3, "2026.1")]
    with pytest.raises(InvalidHistory, match="No ruleset has this version"):
        evaluate(history, until=None)


def test_a_flag_knows_where_it_began():
    history = parse_history(document([{**entry(1, 2, walking=5), "id": "e1"}]))

    (flag,) = evaluate(history, until=None).flags

    assert (flag.record_id, flag.finding.priority) == ("e1", "P2")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"severe_hours": 3}, "severe_hours: No threshold has this name"),
        ({"severe_days": 4.5}, "severe_days: Expected a whole number"),
        ({"severe_days": 8}, "severe_days: Expected 3 to 7"),
        ({"still_hurts": 1.9}, "still_hurts: Expected 2 to 7 points"),
    ],
)
def test_a_threshold_out_of_its_domain_is_refused_in_words(changes, message):
    with pytest.raises(InvalidThreshold) as refused:
        THRESHOLDS.with_changes(changes)

    assert str(refused.value) == message
    assert [f"{refused.value.name}: {refused.value.message}"] == [message]
