"""Brings the stored flags of an episode into line with those that the rules found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tracker import rules
from tracker.models import Advice, Episode, Flag
from tracker.services.escalations import lifecycle

#: What is found in records that arrived so long after the fact pages nobody.
STALE_AFTER = timedelta(hours=72)

ARRIVED_LATER = "Records that arrived later, or a change by the clinic, took its evidence away."

#: (submitted_at, received_at) of the records that came later than STALE_AFTER
Arrivals = Sequence[tuple[datetime, datetime]]


@dataclass(slots=True)
class Result:
    """What one evaluation changed."""

    opened: list[Flag] = field(default_factory=list)
    raised: list[Flag] = field(default_factory=list)
    cleared: list[Flag] = field(default_factory=list)
    withdrawn: list[Flag] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)


class Reconciliation:
    """One pass over one episode. The caller holds the episode's row and its flags'."""

    def __init__(
        self,
        episode: Episode,
        *,
        at: datetime,
        retrospective: bool,
        arrivals: Arrivals,
    ) -> None:
        self.episode = episode
        self.at = at
        self.retrospective = retrospective
        self.arrivals = arrivals
        self.result = Result()

    # Flags

    def flags(self, stored: list[Flag], lives: tuple[rules.FlagHistory, ...]) -> None:
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

    def _open(self, life: rules.FlagHistory) -> None:
        if life.withdrawn_at is not None:
            return
        flag = Flag(
            clinic_id=self.episode.clinic_id,
            patient_id=self.episode.patient_id,
            episode=self.episode,
            rule=life.rule,
            detected_at=self.at,
            retrospective=self._is_stale(life.opened_at),
        )
        _describe(flag, life, life.finding)
        if not life.is_live:
            _set_end(flag, life)
        flag.save(force_insert=True)
        self.result.opened.append(flag)
        if life.is_live and flag.needs_human:
            lifecycle.open_for(flag=flag, at=self.at)

    def _keep(self, flag: Flag, life: rules.FlagHistory) -> None:
        """The flag stands: it is updated, raised, or live again."""
        if flag.review_id:
            return  # a clinician has decided on it
        stored = dict(vars(flag))
        before, was_open = flag.priority, flag.state == Flag.State.OPEN
        raised_from = flag.raised_from
        _describe(flag, life, life.finding)
        if before < life.priority:
            flag.raised_from = raised_from  # it is never made less urgent
        flag.priority = min(before, life.priority)
        flag.retracted_at = life.retracted_at
        flag.state, flag.ended_at, flag.ended_reason = Flag.State.OPEN, None, ""
        is_raised = flag.priority < before
        if is_raised:
            flag.raised_from = before
            raised_at = life.raises[-1].at if life.raises else life.opened_at
            flag.retrospective = self._is_stale(raised_at)
        if vars(flag) != stored:
            flag.save()
        if is_raised:
            self.result.raised.append(flag)
        if flag.needs_human and is_raised:
            lifecycle.raise_for(flag=flag, at=self.at)
        elif flag.needs_human and not was_open:
            lifecycle.ensure_for(flag=flag, at=self.at)

    def _end(self, flag: Flag, life: rules.FlagHistory) -> None:
        if life.withdrawn_at is not None:
            self._take_back(flag, life.withdrawn_reason or ARRIVED_LATER)
            return
        was_open = flag.state == Flag.State.OPEN
        if was_open and _only_clinician_closes(flag) and life.cleared_at:
            # What the rules know now was less urgent from the start. Somebody was told more.
            self._take_back(flag, ARRIVED_LATER)
            return
        if flag.review_id or (flag.ended_at == _end_of(life) and _tells(flag, life)):
            return
        _describe(flag, life, life.finding)
        _set_end(flag, life)
        flag.save()
        if was_open:
            self.result.cleared.append(flag)

    def _take_back(self, flag: Flag, reason: str) -> None:
        """Withdraw visibly; red flags and P0/P1 stay until a clinician closes them."""
        is_open = flag.state == Flag.State.OPEN
        if flag.review_id or flag.state == Flag.State.WITHDRAWN or flag.retracted_at:
            return
        flag.ended_reason = reason
        if is_open and _only_clinician_closes(flag):
            flag.retracted_at = self.at
        else:
            flag.state, flag.ended_at = Flag.State.WITHDRAWN, self.at
            lifecycle.withdraw_for(flag=flag, at=self.at)
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
        """Give what is new, take back what no record supports any more."""
        stored = {
            (row.code, row.given_at): row for row in Advice.objects.filter(episode=self.episode)
        }
        standing = {key: row for key, row in stored.items() if row.withdrawn_at is None}
        wanted = {(item.code, item.at): item for item in reversed(given)}
        gone = [row.pk for key, row in standing.items() if key not in wanted]
        if gone:
            Advice.objects.filter(pk__in=gone).update(withdrawn_at=self.at)
        new = (
            []
            if self.retrospective
            else [
                self._advice(item)
                for key, item in wanted.items()
                if key not in stored and self.at - item.at <= STALE_AFTER
            ]
        )
        Advice.objects.bulk_create(new)
        unread = (row for key, row in standing.items() if key in wanted and row.read_at is None)
        self.result.advice = [*unread, *new]

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


Pair = tuple[Flag, rules.FlagHistory]


def _match(
    stored: list[Flag], lives: Sequence[rules.FlagHistory]
) -> tuple[list[Pair], list[Flag], list[rules.FlagHistory]]:
    """Pair the stored flags with those found, rule by rule; return also who stayed alone."""
    pairs: list[Pair] = []
    for rule in {flag.rule for flag in stored}:
        pairs += _match_rule(
            [flag for flag in stored if flag.rule == rule],
            [life for life in lives if life.rule == rule],
        )
    paired_flags = {flag.pk for flag, _ in pairs}
    paired_lives = {id(life) for _, life in pairs}
    orphans = [flag for flag in stored if flag.pk not in paired_flags]
    newcomers = [life for life in lives if id(life) not in paired_lives]
    return pairs, orphans, newcomers


def _match_rule(flags: list[Flag], lives: list[rules.FlagHistory]) -> list[Pair]:
    """A flag is the one found with its opening; failing that, the one whose opening moved.

    An opening moves when an older record arrives. What is open goes with what is live,
    what a review closed goes with what that closure ended, the rest in order of time.
    """
    pairs: list[Pair] = []
    for fits in (_same_opening, _both_stand, _stands_again, _same_closure, _both_ended):
        for life in list(lives):
            flag = next((flag for flag in flags if fits(flag, life)), None)
            if flag is not None:
                pairs.append((flag, life))
                flags.remove(flag)
                lives.remove(life)
    return pairs


def _same_opening(flag: Flag, life: rules.FlagHistory) -> bool:
    may_go_on = flag.state == Flag.State.OPEN or not life.is_live
    return may_go_on and flag.opened_at == life.opened_at


def _stands_again(flag: Flag, life: rules.FlagHistory) -> bool:
    return flag.opened_at == life.opened_at


def _both_stand(flag: Flag, life: rules.FlagHistory) -> bool:
    return flag.state == Flag.State.OPEN and life.is_live


def _same_closure(flag: Flag, life: rules.FlagHistory) -> bool:
    return flag.review_id is not None and flag.ended_at == life.closed_at


def _both_ended(flag: Flag, life: rules.FlagHistory) -> bool:
    return flag.state == Flag.State.CLEARED and life.cleared_at is not None


def _only_clinician_closes(flag: Flag) -> bool:
    return rules.only_clinician_closes(rules.CATALOG.get(flag.rule), flag.priority)


def _end_of(life: rules.FlagHistory) -> datetime | None:
    return life.cleared_at or life.closed_at


def _set_end(flag: Flag, life: rules.FlagHistory) -> None:
    flag.state = Flag.State.CLEARED if life.cleared_at else Flag.State.CLOSED
    flag.ended_at = _end_of(life)
    flag.ended_reason = "An operation." if life.closed_by_surgery else ""


def _describe(flag: Flag, life: rules.FlagHistory, finding: rules.Finding) -> None:
    flag.ruleset = life.ruleset
    flag.priority = life.priority
    flag.raised_from = life.raises[-1].from_priority if life.raises else ""
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


def _tells(flag: Flag, life: rules.FlagHistory) -> bool:
    """Whether the flag says what the rules say: older records may have changed the opening."""
    told = (flag.opened_at, flag.local_date, flag.explanation)
    return told == (life.opened_at, life.date, life.finding.explanation)


def _stored(finding: rules.Finding) -> dict[str, object]:
    return {
        "explanation": finding.explanation,
        "evidence": dict(finding.evidence),
        "missing": list(finding.missing),
        "clears_when": finding.clears_when,
    }
