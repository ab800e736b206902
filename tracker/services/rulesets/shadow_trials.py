"""Shadow trials: other rules evaluated beside the live ones, without telling anybody.

A trial runs after the close of a day, in a transaction of its own. It opens no flag, so
nothing can be escalated: what it would have opened is stored apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from tracker import rules
from tracker.models import Clinic, Clinician, Episode, Flag, ShadowFinding, ShadowTrial
from tracker.rules.backtesting.backtest import Found, Pair, paired
from tracker.rules.backtesting.variants import Variant
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, NotFound, ServiceError
from tracker.services.evaluation.histories import history_of
from tracker.services.rulesets.adoption import (
    check_administrator,
    check_reason,
    check_version,
    earliest_start,
)
from tracker.services.rulesets.ruleset_periods import in_force, periods_of
from tracker.services.rulesets.thresholds import checked


class TrialRunning(Conflict):
    """A shadow trial is running. Stop it before you start another."""

    code = "trial_running"


class NothingToTry(ServiceError):
    """The clinic already runs these rules. Choose another version or change a threshold."""

    code = "nothing_to_try"


@transaction.atomic
def start(
    context: Context[Clinician],
    *,
    clinic: Clinic,
    version: str,
    thresholds: Mapping[str, int | float],
    reason: str,
) -> ShadowTrial:
    """Evaluate other rules beside the live ones, as if they had been adopted for tomorrow."""
    check_administrator(context, clinic)
    check_version(version)
    check_reason(reason)
    checked(thresholds)
    running = in_force(periods_of(clinic_id=clinic.id), earliest_start(clinic, context.at))
    if version == running.version and {**running.thresholds, **thresholds} == running.thresholds:
        raise NothingToTry
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if ShadowTrial.objects.running().filter(clinic=clinic).exists():
        raise TrialRunning
    trial = ShadowTrial.objects.create(
        clinic=clinic,
        version=version,
        thresholds=dict(thresholds),
        from_date=earliest_start(clinic, context.at),
        started_by=context.actor,
        started_at=context.at,
        reason=reason,
    )
    audit.record(context, "shadow.start", trial)
    return trial


@transaction.atomic
def stop(context: Context[Clinician], *, clinic: Clinic) -> ShadowTrial:
    """End the running trial. Its findings are kept."""
    check_administrator(context, clinic)
    trial = ShadowTrial.objects.running().select_for_update().filter(clinic=clinic).first()
    if trial is None:
        raise NotFound
    trial.stopped_at, trial.stopped_by = context.at, context.actor
    trial.save(update_fields=["stopped_at", "stopped_by"])
    audit.record(context, "shadow.stop", trial)
    return trial


def evaluate_trial(*, episode_id: UUID, at: datetime) -> int:
    """Store what the clinic's trial finds in an episode up to `at`, anew each time.

    Findings are a function of the records, as flags are. Returns how many there are.
    """
    clinics = Episode.objects.filter(pk=episode_id).values("clinic")
    trial = ShadowTrial.objects.running().filter(clinic__in=clinics).first()
    return _evaluate(trial, episode_id, at) if trial else 0


@transaction.atomic
def _evaluate(trial: ShadowTrial, episode_id: UUID, at: datetime) -> int:
    # As every evaluation locks it: two closes at once would both add what they found.
    episode = (
        Episode.objects.select_for_update(of=("self",)).select_related("patient").get(pk=episode_id)
    )
    findings = [
        _finding(trial, episode, flag)
        for flag in _found_flags(trial, episode, at)
        if flag.date >= trial.from_date and flag.withdrawn_at is None
    ]
    ShadowFinding.objects.filter(trial=trial, episode=episode).delete()
    ShadowFinding.objects.bulk_create(findings)
    return len(findings)


def _found_flags(trial: ShadowTrial, episode: Episode, at: datetime) -> list[rules.FlagHistory]:
    variant = Variant(version=trial.version, thresholds=trial.thresholds)
    history = history_of(episode=episode, flags=episode.flags.all())
    tried = variant.applied_to(history, from_date=trial.from_date)
    return [flag for flag in rules.evaluate(tried, until=at).flags if flag.episode_no == 1]


def _finding(trial: ShadowTrial, episode: Episode, flag: rules.FlagHistory) -> ShadowFinding:
    return ShadowFinding(
        clinic_id=trial.clinic_id,
        trial=trial,
        patient_id=episode.patient_id,
        episode=episode,
        rule=flag.rule,
        priority=flag.priority,
        day=flag.day,
        local_date=flag.date,
        opened_at=flag.opened_at,
        ended_at=flag.cleared_at or flag.closed_at,
        explanation=flag.finding.explanation,
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One rule: how often the live rules found it, and how often the trial."""

    rule: str
    pairs: list[Pair]

    @property
    def live(self) -> int:
        return sum(pair.live is not None for pair in self.pairs)

    @property
    def tried(self) -> int:
        return sum(pair.tried is not None for pair in self.pairs)

    @property
    def both(self) -> int:
        return sum(pair.live is not None and pair.tried is not None for pair in self.pairs)


def compare(*, trial: ShadowTrial) -> list[Comparison]:
    """The flags of the trial's days beside what the trial found, rule by rule."""
    flags = Flag.objects.filter(clinic_id=trial.clinic_id, local_date__gte=trial.from_date)
    if trial.stopped_at is not None:
        flags = flags.filter(opened_at__lte=trial.stopped_at)
    live = [_found(flag) for flag in flags.exclude(state=Flag.State.WITHDRAWN)]
    tried = [_found(finding) for finding in trial.findings.all()]
    by_rule: dict[str, list[Pair]] = {}
    for pair in paired(live, tried):
        rule = (pair.live or pair.tried).rule  # type: ignore[union-attr]
        by_rule.setdefault(rule, []).append(pair)
    return [Comparison(rule, pairs) for rule, pairs in sorted(by_rule.items())]


def _found(row: Flag | ShadowFinding) -> Found:
    return Found(
        patient=str(row.patient_id),
        rule=row.rule,
        priority=rules.Priority(row.priority),
        date=row.local_date,
        day=row.day,
        explanation=row.explanation,
    )
