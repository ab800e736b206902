"""One red-flag checklist with what is known of the patient who answered it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

from tracker.rules.history.calendar import age_on
from tracker.rules.history.documents import Condition
from tracker.rules.history.history import History
from tracker.rules.history.records import Answer, Answers, RedFlagChecklist
from tracker.rules.thresholds import Number, exact

CAUDA_EQUINA = (
    "saddle_numbness",
    "bladder_change",
    "bowel_change",
    "both_legs_symptoms",
    "sexual_change",
)
INFECTION_RISKS = ("recent_spinal_procedure", "iv_drug_use", "immunosuppressed", "dialysis")
FRACTURE_RISKS = ("osteoporosis", "long_term_steroid")
INFLAMMATORY = (
    "onset_before_40",
    "insidious_onset",
    "better_with_exercise",
    "not_better_with_rest",
    "night_pain_better_on_rising",
)
NEUROLOGICAL = (*CAUDA_EQUINA, "leg_weakness", "weakness_worsening_fast")


@dataclass(frozen=True, slots=True)
class Checklist:
    answers: Answers
    date: Date
    birth_date: Date | None
    onset_date: Date
    conditions: frozenset[Condition]

    @classmethod
    def of(cls, record: RedFlagChecklist, history: History) -> Checklist:
        document = history.document
        return cls(
            answers=record.answers,
            date=Date.fromordinal(history.calendar.day_of(record.at)),
            birth_date=document.patient.birth_date,
            onset_date=document.episode.onset_date or document.episode.index_date,
            conditions=frozenset(document.patient.conditions),
        )

    def answer(self, question: str) -> Answer | None:
        given: Answer | None = getattr(self.answers, question)
        return given

    def yes(self, *questions: str) -> list[str]:
        """Those of the questions that were answered with yes."""
        return [each for each in questions if self.answer(each) == "yes"]

    def unsure(self, *questions: str) -> list[str]:
        return [each for each in questions if self.answer(each) == "unsure"]

    @property
    def neurological_signs(self) -> list[str]:
        return self.yes(*NEUROLOGICAL)

    @property
    def temperature_c(self) -> Number | None:
        given = self.answers.temperature_c
        return None if given is None else exact(given)

    @property
    def age(self) -> int | None:
        return None if self.birth_date is None else age_on(self.date, self.birth_date)
