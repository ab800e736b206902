"""The rules run over an episode, and what is stored of their answer.

The flags are a function of the records: the whole history is folded anew and the stored
flags are brought into line with the result. So the order in which phones sync does not
matter, and a day close that was missed is made up for by the next evaluation.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from tracker import rules
from tracker.models import Advice, Episode, Evaluation, Flag, Priority, Revision

from . import escalations
from .history import document_of

#: What is found in records that arrived so long after the fact pages nobody.
STALE_AFTER = timedelta(hours=72)

NEVER_WITHDRAWN = frozenset({Priority.P0, Priority.P1})

ARRIVED_LATER = "Records that arrived later, or a change by the clinic, took its evidence away."


@dataclass(slots=True)
class Result:
    """What one evaluation changed."""

    opened: list[Flag] = field(default_factory=list)
    raised: list[Flag] = field(default_factory=list)
    cleared: list[Flag] = field(default_factory=list)
    withdrawn: list[Flag] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)


@transaction.atomic
def evaluate_episode(
    *, episode_id: UUID, at: datetime, retrospective: bool = False, judge_silence: bool = True
) -> Result:
    """Fold the episode's history up to `at` and store what follows from it.

    With `retrospective` nobody is paged for anything found (imported diaries); without
    `judge_silence` the days after the last record are not judged.
    """
    episode = (
        Episode.objects.select_for_update(of=("self",))
        .select_related("patient__care_team", "clinic")
        .get(pk=episode_id)
    )
    flags = list(Flag.objects.select_for_update().filter(episode=episode).order_by("pk"))
    document = document_of(episode=episode, flags=flags)
    outcome = rules.evaluate(rules.parse_history(document), until=at if judge_silence else None)
    run = _Reconciliation(episode, at=at, retrospective=retrospective, arrivals=_arrivals(episode))
    run.flags(flags, tuple(life for life in outcome.flags if life.episode_no == 1))
    run.advice(outcome.advice)
    if judge_silence:
        Episode.objects.filter(pk=episode.pk).update(next_close_at=outcome.next_close_at)
    _log(episode, document, run.result, at=at)
    return run.result


class _Reconciliation:
    """Brings the stored flags of one episode into line with the lives the rules found."""

    def __init__(
        self,
        episode: Episode,
        *,
        at: datetime,
        retrospective: bool,
        arrivals: list[tuple[datetime, datetime]],
    ) -> None:
        self.episode = episode
        self.at = at
        self.retrospective = retrospective
        self.arrivals = arrivals
        self.result = Result()

    # Flags

    def flags(self, stored: list[Flag], lives: tuple[rules.FlagLife, ...]) -> None:
        """First whatever ends, then whatever opens: a rule may do both at once."""
        pairs, orphans, newcomers = _match(stored, lives)
        for flag, life in pairs:
            if not life.is_live:
                self._end(flag, life)
        for flag in orphans:
            self._take_back(flag, ARRIVED_LATER)
        for flag, life in pairs:
            if life.is_live:
                self._keep(flag, life)
        for life in newcomers:
            self._open(life)

    def _open(self, life: rules.FlagLife) -> None:
        if life.withdrawn_at is not None:
            return
        first = life.finding
        flag = Flag(
            clinic_id=self.episode.clinic_id,
            patient_id=self.episode.patient_id,
            episode=self.episode,
            rule=life.rule,
            detected_at=self.at,
            retrospective=self._is_stale(life.opened_at),
        )
        _describe(flag, life, first)
        ended_at = life.cleared_at or life.closed_at
        if ended_at:
            flag.state = Flag.State.CLEARED if life.cleared_at else Flag.State.CLOSED
            flag.ended_at = ended_at
        flag.save(force_insert=True)
        self.result.opened.append(flag)
        if life.is_live and flag.needs_human:
            escalations.open_for(flag=flag, at=self.at)

    def _keep(self, flag: Flag, life: rules.FlagLife) -> None:
        """The flag stands: it is updated, raised, or live again."""
        if flag.review_id:
            return  # a clinician has decided on it
        before, was_open = flag.priority, flag.state == Flag.State.OPEN
        if flag.opened_at != life.opened_at or not was_open:
            _describe(flag, life, life.finding)
        flag.latest = _stored(life.latest)
        flag.priority = min(before, life.priority)
        flag.retracted_at = life.retracted_at
        flag.state, flag.ended_at, flag.ended_reason = Flag.State.OPEN, None, ""
        is_raised = flag.priority < before
        if is_raised:
            flag.raised_from = before
            flag.retrospective = self._is_stale(life.raises[-1].at)
        flag.save()
        if is_raised:
            self.result.raised.append(flag)
        if flag.needs_human and is_raised:
            escalations.raise_for(flag=flag, at=self.at)
        elif flag.needs_human and not was_open:
            escalations.ensure_for(flag=flag, at=self.at)

    def _end(self, flag: Flag, life: rules.FlagLife) -> None:
        if flag.state != Flag.State.OPEN:
            return
        if life.withdrawn_at is not None:
            self._take_back(flag, life.withdrawn_reason or ARRIVED_LATER)
            return
        flag.state = Flag.State.CLEARED if life.cleared_at else Flag.State.CLOSED
        flag.ended_at = life.cleared_at or life.closed_at
        flag.ended_reason = "An operation." if life.closed_by_surgery else ""
        flag.latest = _stored(life.latest)
        flag.save()
        self.result.cleared.append(flag)

    def _take_back(self, flag: Flag, reason: str) -> None:
        """Withdraw visibly; red flags and P0/P1 stay until a clinician closes them."""
        if flag.state != Flag.State.OPEN or flag.retracted_at is not None:
            return
        if flag.priority in NEVER_WITHDRAWN or flag.rule.startswith("RF-"):
            flag.retracted_at = self.at
            flag.ended_reason = reason
        else:
            flag.state, flag.ended_at = Flag.State.WITHDRAWN, self.at
            flag.ended_reason = reason
            escalations.withdraw_for(flag=flag, at=self.at)
        flag.save()
        self.result.withdrawn.append(flag)

    def _is_stale(self, moment: datetime) -> bool:
        """Whether the records that led to `moment` arrived long after it.

        A close that ran late because the server was down is not stale: its records had
        arrived in time, and somebody must still be told.
        """
        if self.retrospective:
            return True
        known_at = max(
            (received for submitted, received in self.arrivals if submitted <= moment),
            default=moment,
        )
        return known_at - moment > STALE_AFTER

    # Advice

    def advice(self, given: tuple[rules.Advice, ...]) -> None:
        stored = {
            (row.code, row.given_at): row
            for row in Advice.objects.filter(episode=self.episode, withdrawn_at=None)
        }
        fresh = [item for item in given if self.at - item.at <= STALE_AFTER]
        keys = {(item.code, item.at) for item in given}
        gone = [row.pk for key, row in stored.items() if key not in keys]
        if gone:
            Advice.objects.filter(pk__in=gone).update(withdrawn_at=self.at)
        if not self.retrospective:
            Advice.objects.bulk_create(
                (self._advice(item) for item in fresh if (item.code, item.at) not in stored),
                ignore_conflicts=True,
            )
        self.result.advice = list(
            Advice.objects.filter(episode=self.episode, withdrawn_at=None, read_at=None)
        )

    def _advice(self, item: rules.Advice) -> Advice:
        return Advice(
            clinic_id=self.episode.clinic_id,
            patient_id=self.episode.patient_id,
            episode=self.episode,
            code=item.code,
            urgency=item.urgency,
            record_uuid=UUID(item.record_id.partition("/")[0]) if item.record_id else None,
            given_at=item.at,
            text=item.text,
        )


def _match(
    stored: list[Flag], lives: tuple[rules.FlagLife, ...]
) -> tuple[list[tuple[Flag, rules.FlagLife]], list[Flag], list[rules.FlagLife]]:
    """Pair each stored flag with its life: by its opening; else an open one with a live one.

    The second case is an opening that moved, because a record arrived that was older.
    """
    by_opening = {(flag.rule, flag.opened_at): flag for flag in stored}
    pairs: list[tuple[Flag, rules.FlagLife]] = []
    unmatched: list[rules.FlagLife] = []
    for life in lives:
        flag = by_opening.pop((life.rule, life.opened_at), None)
        if flag is None:
            unmatched.append(life)
        else:
            pairs.append((flag, life))
    rest = list(by_opening.values())
    still_open = {flag.rule: flag for flag in rest if flag.state == Flag.State.OPEN}
    newcomers: list[rules.FlagLife] = []
    for life in unmatched:
        moved = still_open.pop(life.rule, None) if life.is_live else None
        if moved is None:
            newcomers.append(life)
        else:
            pairs.append((moved, life))
            rest.remove(moved)
    return pairs, rest, newcomers


def _describe(flag: Flag, life: rules.FlagLife, finding: rules.Finding) -> None:
    flag.ruleset = life.ruleset
    flag.priority = life.priority
    flag.day = life.day
    flag.local_date = life.date
    flag.opened_at = life.opened_at
    flag.explanation = finding.explanation
    flag.patient_text = finding.patient_text or ""
    flag.evidence = dict(finding.evidence)
    flag.missing = list(finding.missing)
    flag.clears_when = finding.clears_when
    flag.cannot_see = finding.cannot_see
    flag.sources = list(finding.sources)
    flag.latest = _stored(life.latest)


def _stored(finding: rules.Finding) -> dict[str, object]:
    return {
        "explanation": finding.explanation,
        "evidence": dict(finding.evidence),
        "missing": list(finding.missing),
        "clears_when": finding.clears_when,
    }


def _arrivals(episode: Episode) -> list[tuple[datetime, datetime]]:
    """The records that came late enough to matter: (submitted_at, received_at)."""
    pairs = (
        Revision.objects.accepted()
        .filter(patient_id=episode.patient_id)
        .values_list("submitted_at", "received_at")
    )
    return [pair for pair in pairs if pair[1] - pair[0] > STALE_AFTER]


def _log(episode: Episode, document: dict[str, object], result: Result, *, at: datetime) -> None:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    records = document["records"]
    assert isinstance(records, list)
    Evaluation.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        at=at,
        ruleset=rules.LIVE.version,
        inputs_sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        records=len(records),
        opened=len(result.opened),
        raised=len(result.raised),
        cleared=len(result.cleared),
        withdrawn=len(result.withdrawn),
    )
