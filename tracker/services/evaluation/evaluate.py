"""Runs the rules over an episode and stores what they find.

The flags are a function of the records: the whole history is evaluated anew and the stored
flags are changed to match. So the order in which phones sync does not matter, and the next
evaluation makes up for a day close that was missed.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from tracker import rules
from tracker.models import Episode, Evaluation, Flag
from tracker.services.evaluation.advice import reconcile_advice
from tracker.services.evaluation.flag_changes import flag_changes
from tracker.services.evaluation.flag_matching import StoredFlag
from tracker.services.evaluation.histories import Document, document_of, parsed, versions_of
from tracker.services.evaluation.lateness import Lateness
from tracker.services.evaluation.reconciliation import Result, apply_changes


@transaction.atomic
def evaluate_episode(
    *, episode_id: UUID, at: datetime, retrospective: bool = False, judge_silence: bool = True
) -> Result:
    """Evaluate the episode's history up to `at` and store the result.

    With `retrospective` no finding is escalated (imported diaries). Without `judge_silence`
    the days after the last record are not evaluated.
    """
    episode = (
        Episode.objects.select_for_update(of=("self",))
        .select_related("patient__care_team", "clinic")
        .get(pk=episode_id)
    )
    flags = list(Flag.objects.select_for_update().filter(episode=episode).order_by("pk"))
    versions = versions_of(episode)
    document = document_of(episode=episode, flags=flags, versions=versions)
    history = parsed(document)
    outcome = rules.evaluate(history, until=at if judge_silence else None)
    changes = flag_changes(
        [StoredFlag.of(flag) for flag in flags],
        [found for found in outcome.flags if found.episode_no == 1],
        is_stale=Lateness.of(versions, everything=retrospective).is_stale,
    )
    result = apply_changes(changes, episode=episode, flags=flags, at=at)
    result.advice = reconcile_advice(episode, outcome.advice, at=at, retrospective=retrospective)
    if judge_silence and outcome.next_close_at != episode.next_close_at:
        Episode.objects.filter(pk=episode.pk).update(
            next_close_at=outcome.next_close_at, close_offered_at=None
        )
    today = date.fromordinal(history.calendar.day_of(at))
    _log(episode, document, result, today=today, at=at)
    return result


def _version_in_force(document: Document, today: date) -> str:
    periods = document["rulesets"]
    begun = [period for period in periods if period["from"] <= today.isoformat()]
    version: str = (begun or periods)[-1 if begun else 0]["version"]
    return version


def digest_of(document: Document) -> str:
    """By which an evaluation says what it was given."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()


def _log(
    episode: Episode, document: Document, result: Result, *, today: date, at: datetime
) -> None:
    Evaluation.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        at=at,
        ruleset=_version_in_force(document, today),
        inputs_sha256=digest_of(document),
        records=len(document["records"]),
        opened=len(result.opened),
        raised=len(result.raised),
        cleared=len(result.cleared),
        withdrawn=len(result.withdrawn),
    )
