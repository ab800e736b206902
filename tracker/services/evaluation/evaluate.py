"""Runs the rules over an episode and stores what they find.

The flags are a function of the records. An evaluation resumes from the newest checkpoint that
holds nothing of what has changed, evaluates what came since, and changes the stored flags to
match; without a checkpoint it evaluates the whole history. So the order in which phones sync
does not matter, and the next evaluation makes up for a day close that was missed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from tracker import rules
from tracker.models import Episode, Evaluation, Flag
from tracker.rules import submitted_at
from tracker.services.evaluation import checkpoints
from tracker.services.evaluation.advice import reconcile_advice
from tracker.services.evaluation.flag_changes import flag_changes
from tracker.services.evaluation.flag_matching import StoredFlag
from tracker.services.evaluation.histories import (
    Document,
    RecordVersion,
    parsed,
    records_of,
    setup_of,
    versions_of,
)
from tracker.services.evaluation.lateness import Lateness
from tracker.services.evaluation.reconciliation import Result, apply_changes


@transaction.atomic(savepoint=False)  # a failure is the caller's too
def evaluate_episode(
    *,
    episode_id: UUID,
    at: datetime,
    changed_from: datetime | None = None,
    retrospective: bool = False,
    judge_silence: bool = True,
) -> Result:
    """Evaluate the episode's history up to `at` and store the result.

    `changed_from` is when the earliest record was first submitted of which this transaction
    has stored a version. With `retrospective` no finding is escalated (imported diaries).
    Without `judge_silence` the days after the last record are not evaluated.
    """
    episode = (
        Episode.objects.select_for_update(of=("self",))
        .select_related("patient__care_team", "clinic")
        .get(pk=episode_id)
    )
    if changed_from is not None:
        checkpoints.delete_from(episode_id, changed_from)
    flags = list(Flag.objects.select_for_update().filter(episode=episode).order_by("pk"))
    setup = setup_of(episode=episode, flags=flags)
    found = _evaluate(episode, setup, until=at if judge_silence else None)
    changes = flag_changes(
        [StoredFlag.of(flag) for flag in flags if _may_change(flag, found.since)],
        [each for each in found.outcome.flags if each.episode_no == 1],
        is_stale=Lateness.of(found.versions, everything=retrospective).is_stale,
    )
    result = apply_changes(changes, episode=episode, flags=flags, at=at)
    outcome = found.outcome
    result.advice = reconcile_advice(
        episode, outcome.advice, since=found.since, at=at, retrospective=retrospective
    )
    if outcome.checkpoint is not None:
        checkpoints.keep(episode, outcome.checkpoint, records=found.records_at_checkpoint)
    if judge_silence and outcome.next_close_at != episode.next_close_at:
        Episode.objects.filter(pk=episode.pk).update(
            next_close_at=outcome.next_close_at, close_offered_at=None
        )
    _log(episode, setup, found, result, at=at)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the rules found, from a checkpoint on or in the whole history."""

    outcome: rules.Outcome
    history: rules.History
    #: the versions of records that were evaluated
    versions: list[RecordVersion]
    #: the checkpoint's instant; None = the whole history
    since: datetime | None
    #: how many versions of records are in the checkpoint, and in it and since
    records_before: int
    records: int

    @property
    def records_at_checkpoint(self) -> int:
        """How many versions of records the new checkpoint holds."""
        assert self.outcome.checkpoint is not None
        at = self.outcome.checkpoint.at
        return self.records_before + sum(
            submitted_at(record) <= at for record in self.history.document.records
        )


def _evaluate(episode: Episode, setup: Document, *, until: datetime | None) -> _Found:
    """Evaluate from the newest checkpoint that the rules accept; failing that, everything."""
    row = checkpoints.newest(episode, at=until) if until else None
    versions = versions_of(episode, since=None if row is None else row.at)
    history = parsed({**setup, "records": records_of(versions)})
    try:
        outcome = rules.evaluate(
            history, until=until, since=None if row is None else checkpoints.value_of(row)
        )
    except rules.CheckpointUnusable:
        assert row is not None
        row.delete()
        return _evaluate(episode, setup, until=until)
    before = 0 if row is None else row.records
    return _Found(
        outcome=outcome,
        history=history,
        versions=versions,
        since=None if row is None else row.at,
        records_before=before,
        records=before + len(history.document.records),
    )


def _may_change(flag: Flag, since: datetime | None) -> bool:
    """Whether the flag stood at the checkpoint, or opened after it."""
    if since is None or flag.state == Flag.State.OPEN:
        return True
    return flag.opened_at > since or (flag.ended_at is not None and flag.ended_at > since)


def _version_in_force(document: Document, today: date) -> str:
    periods = document["rulesets"]
    begun = [period for period in periods if period["from"] <= today.isoformat()]
    version: str = (begun or periods)[-1 if begun else 0]["version"]
    return version


def digest_of(setup: Document, *, records: int) -> str:
    """Return a digest of an evaluation's input.

    Stored versions of records never change: how many there were says which.
    """
    inputs = {**setup, "records": records}
    return hashlib.sha256(msgspec.json.encode(inputs, order="sorted")).hexdigest()


def _log(episode: Episode, setup: Document, found: _Found, result: Result, *, at: datetime) -> None:
    today = date.fromordinal(found.history.calendar.day_of(at))
    Evaluation.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        at=at,
        ruleset=_version_in_force(setup, today),
        inputs_sha256=digest_of(setup, records=found.records),
        records=found.records,
        opened=len(result.opened),
        raised=len(result.raised),
        cleared=len(result.cleared),
        withdrawn=len(result.withdrawn),
    )
