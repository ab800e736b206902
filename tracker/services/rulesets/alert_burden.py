"""Alert burden: the number, delay and usefulness of a clinic's flags, rule by rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil

from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery

from tracker.models import Acknowledgement, Clinic, Episode, Escalation, Flag, Review

WORTH_IT = (Flag.Usefulness.ACTED_ON, Flag.Usefulness.USEFUL)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long people took: the median and the 90th percentile."""

    count: int
    median: timedelta
    p90: timedelta

    @classmethod
    def of(cls, spans: Iterable[timedelta]) -> Waiting | None:
        known = sorted(spans)
        if not known:
            return None
        half = len(known) // 2
        median = known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
        return cls(len(known), median, known[ceil(0.9 * len(known)) - 1])


@dataclass(slots=True)
class Burden:
    """Of one rule, or of all."""

    rule: str
    flags: int = 0
    patient_weeks: float = 0
    decisions: Counter[str] = field(default_factory=Counter)
    judgements: Counter[str] = field(default_factory=Counter)
    acknowledging: list[timedelta] = field(default_factory=list)
    reviewing: list[timedelta] = field(default_factory=list)

    @property
    def per_100_weeks(self) -> float | None:
        return 100 * self.flags / self.patient_weeks if self.patient_weeks else None

    @property
    def reviewed(self) -> int:
        return self.decisions.total()

    @property
    def judged(self) -> int:
        return self.judgements.total()

    @property
    def predictive_value(self) -> float | None:
        """Of the flags that a clinician judged, the share that was worth it."""
        return (
            sum(self.judgements[each] for each in WORTH_IT) / self.judged if self.judged else None
        )

    @property
    def without_action(self) -> float | None:
        """Of the flags that were reviewed, the share closed with no action."""
        share = self.decisions[Review.Decision.NO_ACTION]
        return share / self.reviewed if self.reviewed else None

    @property
    def to_acknowledge(self) -> Waiting | None:
        return Waiting.of(self.acknowledging)

    @property
    def to_review(self) -> Waiting | None:
        return Waiting.of(self.reviewing)


def of_clinic(*, clinic: Clinic, since: date, at: datetime) -> list[Burden]:
    """One line for each rule that opened a flag since a day, and one for all, the last.

    Withdrawn flags count: somebody was told all the same.
    """
    weeks = _patient_weeks(clinic, since, at)
    burdens: dict[str, Burden] = defaultdict(lambda: Burden("all", patient_weeks=weeks))
    for flag in _flags(clinic, since):
        for key in (flag.rule, "all"):
            burdens[key].rule = key
            _add(burdens[key], flag)
    return sorted(burdens.values(), key=lambda burden: (burden.rule == "all", burden.rule))


def _flags(clinic: Clinic, since: date) -> QuerySet[Flag]:
    first_answer = (
        Acknowledgement.objects.filter(escalation__flag=OuterRef("pk")).order_by("at").values("at")
    )
    first_run = (
        Escalation.objects.filter(flag=OuterRef("pk")).order_by("opened_at").values("opened_at")
    )
    return (
        Flag.objects.filter(clinic=clinic, local_date__gte=since)
        .select_related("review")
        .annotate(
            acknowledged_at=Subquery(first_answer[:1], output_field=DateTimeField()),
            paged_at=Subquery(first_run[:1], output_field=DateTimeField()),
        )
    )


def _add(burden: Burden, flag: Flag) -> None:
    burden.flags += 1
    answered: datetime | None = flag.acknowledged_at  # type: ignore[attr-defined]
    paged: datetime | None = flag.paged_at  # type: ignore[attr-defined]
    if answered and paged:
        burden.acknowledging.append(answered - paged)
    if flag.usefulness:
        burden.judgements[flag.usefulness] += 1
    if flag.review:
        burden.decisions[flag.review.decision] += 1
        if not flag.retrospective:
            burden.reviewing.append(flag.review.at - flag.detected_at)


def _patient_weeks(clinic: Clinic, since: date, at: datetime) -> float:
    """Days under care since then: from the index date to today or the episode's end."""
    today = at.astimezone(clinic.zone).date()
    spans: Sequence[tuple[date, date | None]] = list(
        Episode.objects.filter(clinic=clinic, patient__enrolled_at__isnull=False).values_list(
            "index_date", "ended_date"
        )
    )
    days = ((min(ended or today, today) - max(index, since)).days + 1 for index, ended in spans)
    return sum(max(0, each) for each in days) / 7
