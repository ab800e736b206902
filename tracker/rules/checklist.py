"""One red-flag checklist with what is known of the patient who answered it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

from tracker.rules.chart import Chart
from tracker.rules.records import Answer, Answers, Condition, RedFlagChecklist
from tracker.rules.thresholds import Number, exact

CAUDA_EQUINA = (
    "saddle_numbness",
    "bladder_change",
    "bowel_change",
    "both_legs_symptoms",
    "sexual_change",
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
    def of(cls, record: RedFlagChecklist, chart: Chart) -> Checklist:
        form = chart.history.form
        return cls(
            answers=record.answers,
            date=Date.fromordinal(chart.local_days.day_of(record.at)),
            birth_date=chart.patient.birth_date,
            onset_date=form.episode.onset_date or form.episode.index_date,
            conditions=chart.conditions,
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


def age_on(date: Date, birth_date: Date) -> int:
    """Completed years."""
    had_birthday = (date.month, date.day) >= (birth_date.month, birth_date.day)
    return date.year - birth_date.year - (not had_birthday)
