"""The questions of the red-flag checklist, in words for patients.

A question is asked only where its answer can change what a rule finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date as Date
from typing import Literal

from tracker.rules.history.calendar import months_before
from tracker.rules.history.documents import Condition
from tracker.rules.history.records import Answers
from tracker.rules.instruments.checklist import (
    FRACTURE_RISKS,
    INFECTION_RISKS,
    INFLAMMATORY,
    Checklist,
)
from tracker.rules.thresholds import THRESHOLDS, Thresholds


@dataclass(frozen=True, slots=True)
class Question:
    #: Its name in `answers` of a checklist.
    id: str
    text: str
    kind: Literal["yes_no_unsure", "temperature"] = "yes_no_unsure"


QUESTIONS: tuple[Question, ...] = (
    Question(
        "saddle_numbness",
        "Do you have new numbness or tingling around your genitals, buttocks or back passage?",
    ),
    Question(
        "bladder_change",
        "Is it newly difficult to start or stop passing urine, can you not feel it pass, can you "
        "not pass any, or do you leak?",
    ),
    Question(
        "bowel_change",
        "Have you newly lost control of your bowels, or the feeling of needing to go?",
    ),
    Question(
        "both_legs_symptoms", "Do you have new numbness, pain or weakness in both legs at once?"
    ),
    Question(
        "sexual_change",
        "Since your back or leg pain began, has feeling or function during sex newly changed?",
    ),
    Question(
        "leg_weakness",
        "Is a leg newly weak or getting weaker, does a foot drag, or does a leg give way?",
    ),
    Question("weakness_worsening_fast", "Has weakness become clearly worse within hours?"),
    Question(
        "major_trauma", "Have you had a serious accident or a fall from a height since this pain?"
    ),
    Question("minor_trauma", "Have you had a small fall, a knock, or hurt yourself lifting?"),
    Question("fever_or_rigors", "Have you had a fever, or shivering that you could not stop?"),
    Question("temperature_c", "If you took your temperature, what was it (in °C)?", "temperature"),
    Question("feeling_ill", "Do you feel ill all over, apart from your back?"),
    Question("night_pain_unrelenting", "Does the pain go on all night, with nothing easing it?"),
    Question(
        "weight_loss",
        "Have you lost weight without meaning to: one twentieth or more in six months?",
    ),
    Question("new_pain_after_cancer", "If you have ever had cancer: is this pain new or changed?"),
    Question(
        "sudden_severe_pain", "Did very severe pain in your back or belly begin all of a sudden?"
    ),
    Question("collapse", "Have you collapsed or passed out with this pain?"),
    Question("pulsating_abdomen", "Can you feel a strong beating in your belly?"),
    Question("chest_pain", "Do you have pain or pressure in your chest?"),
    Question("breathless_or_sweating", "Are you short of breath, or in a cold sweat?"),
    Question(
        "gi_bleeding", "Have you passed black or bloody stool, or vomited blood or dark grounds?"
    ),
    Question("faint", "Do you feel faint, or have you fainted?"),
    Question(
        "hard_to_wake",
        "(Also for whoever is with you.) Is the patient hard to wake, or not waking?",
    ),
    Question(
        "slow_breathing",
        "(Also for whoever is with you.) Is breathing very slow or shallow, or are lips blue?",
    ),
    Question("insidious_onset", "Did your back pain creep up on you rather than begin at once?"),
    Question("better_with_exercise", "Does moving about or exercise make your back better?"),
    Question("not_better_with_rest", "Does rest fail to make your back better?"),
    Question(
        "night_pain_better_on_rising", "Does back pain wake you at night and ease when you get up?"
    ),
    Question("onset_before_40", "Did this kind of back pain begin before you were 40?"),
)


def checklist_questions(
    *,
    date: Date,
    onset_date: Date,
    birth_date: Date | None = None,
    conditions: Iterable[Condition] = (),
    thresholds: Thresholds = THRESHOLDS,
) -> tuple[Question, ...]:
    """What to ask this patient on this day: only what some rule reads.

    `onset_date` is when the pain began; where it is unknown, the index date.
    """
    patient = Checklist(Answers(), date, birth_date, onset_date, frozenset(conditions))
    return tuple(
        question
        for question in QUESTIONS
        if question.id not in _ASKED_IF or _ASKED_IF[question.id](patient, thresholds)
    )


def _is_frail(patient: Checklist, thresholds: Thresholds) -> bool:
    is_old = patient.age is not None and patient.age >= thresholds.fracture_age
    return is_old or bool(patient.conditions.intersection(FRACTURE_RISKS))


def _is_open_to_infection(patient: Checklist, thresholds: Thresholds) -> bool:
    return bool(patient.conditions.intersection(INFECTION_RISKS))


def _is_older(patient: Checklist, thresholds: Thresholds) -> bool:
    return patient.age is not None and patient.age >= thresholds.night_pain_age


def _has_aneurysm(patient: Checklist, thresholds: Thresholds) -> bool:
    return "known_aortic_aneurysm" in patient.conditions


def _hurts_for_months(patient: Checklist, thresholds: Thresholds) -> bool:
    return patient.onset_date <= months_before(patient.date, thresholds.inflammatory_months)


_ASKED_IF: dict[str, Callable[[Checklist, Thresholds], bool]] = {
    "minor_trauma": _is_frail,
    "feeling_ill": _is_open_to_infection,
    "night_pain_unrelenting": _is_older,
    "sudden_severe_pain": _has_aneurysm,
    **dict.fromkeys(INFLAMMATORY, _hurts_for_months),
}
