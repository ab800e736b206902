"""Only what some rule reads is asked, and everything that a rule reads."""

from __future__ import annotations

import random
from datetime import date as Date

import msgspec
import pytest

from tracker.rules import LIVE, QUESTIONS, checklist_questions
from tracker.rules.history.records import Answers
from tracker.rules.instruments.checklist import Checklist

TODAY = Date(2026, 6, 1)
CONTEXTS = [
    pytest.param({"onset_date": TODAY}, id="young, new pain, healthy"),
    pytest.param({"onset_date": Date(2026, 1, 1)}, id="pain for months"),
    pytest.param({"onset_date": TODAY, "birth_date": Date(1970, 1, 1)}, id="56 years old"),
    pytest.param({"onset_date": TODAY, "birth_date": Date(1950, 1, 1)}, id="76 years old"),
    pytest.param({"onset_date": TODAY, "conditions": ["osteoporosis"]}, id="osteoporosis"),
    pytest.param({"onset_date": TODAY, "conditions": ["dialysis"]}, id="dialysis"),
    pytest.param({"onset_date": TODAY, "conditions": ["known_aortic_aneurysm"]}, id="aneurysm"),
]


def findings(answers: dict, context: dict) -> dict:
    checklist = Checklist(
        msgspec.convert(answers, Answers),
        TODAY,
        context.get("birth_date"),
        context["onset_date"],
        frozenset(context.get("conditions", ())),
    )
    results = {rule.id: rule.evaluate(checklist, LIVE.thresholds) for rule in LIVE.of_checklists}
    return {name: result.priority for name, result in results.items() if result}


def answered(question) -> list:
    return ["yes", "no", None] if question.kind == "yes_no_unsure" else [36.0, 39.0, None]


def changes_something(question, context: dict) -> bool:
    """Whether some way of answering the others makes this answer matter."""
    chance = random.Random(question.id)
    for _ in range(200):
        others = {q.id: chance.choice(answered(q)) for q in QUESTIONS if chance.random() < 0.4}
        results = [findings({**others, question.id: a}, context) for a in answered(question)]
        if any(result != results[0] for result in results):
            return True
    return False


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_question_is_asked_if_its_answer_can_matter(context):
    asked = checklist_questions(date=TODAY, **context)

    assert list(asked) == [q for q in QUESTIONS if changes_something(q, context)]


@pytest.mark.parametrize(
    ("context", "question", "is_asked"),
    [
        pytest.param({"birth_date": Date(1956, 6, 1)}, "minor_trauma", True, id="70 today"),
        pytest.param({"birth_date": Date(1956, 6, 2)}, "minor_trauma", False, id="70 tomorrow"),
        pytest.param(
            {"birth_date": Date(1975, 6, 1)}, "night_pain_unrelenting", True, id="51 today"
        ),
        pytest.param(
            {"birth_date": Date(1975, 6, 2)}, "night_pain_unrelenting", False, id="51 tomorrow"
        ),
        pytest.param(
            {"onset_date": Date(2026, 3, 1)}, "insidious_onset", True, id="three months to the day"
        ),
        pytest.param(
            {"onset_date": Date(2026, 3, 2)}, "insidious_onset", False, id="a day short of them"
        ),
    ],
)
def test_a_question_is_asked_from_the_day_on_which_its_answer_counts(context, question, is_asked):
    asked = checklist_questions(date=TODAY, **{"onset_date": TODAY, **context})

    assert (question in {each.id for each in asked}) is is_asked


def test_every_answer_has_its_question():
    assert {q.id for q in QUESTIONS} == set(Answers.__struct_fields__)
