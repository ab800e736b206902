"""The rules run over an episode, and what is stored of their answer.

The flags are a function of the records: the whole history is folded anew and the stored
flags are brought into line with the result. So the order in which phones sync does not
matter, and a day close that was missed is made up for by the next evaluation.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from tracker import rules
from tracker.models import Episode, Evaluation, Flag
from tracker.services.evaluation.histories import Document, Said, document_of, ledger_of
from tracker.services.evaluation.reconciliation import STALE_AFTER, Arrivals, Reconciliation, Result


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
    ledger = ledger_of(episode)
    document = document_of(episode=episode, flags=flags, ledger=ledger)
    outcome = rules.evaluate(rules.parse_history(document), until=at if judge_silence else None)
    late = _late_arrivals(ledger)
    run = Reconciliation(episode, at=at, retrospective=retrospective, arrivals=late)
    run.flags(flags, tuple(life for life in outcome.flags if life.episode_no == 1))
    run.advice(outcome.advice)
    if judge_silence and outcome.next_close_at != episode.next_close_at:
        Episode.objects.filter(pk=episode.pk).update(
            next_close_at=outcome.next_close_at, close_offered_at=None
        )
    _log(episode, document, run.result, at=at)
    return run.result


def _late_arrivals(ledger: list[Said]) -> Arrivals:
    """The records that came late enough to matter."""
    return [
        (said.submitted_at, said.received_at)
        for said in ledger
        if said.received_at - said.submitted_at > STALE_AFTER
    ]


def _version_in_force(episode: Episode, document: Document, at: datetime) -> str:
    """On the patient's local day."""
    today = episode.patient.local_date(at).isoformat()
    periods = document["rulesets"]
    begun = [period for period in periods if period["from"] <= today]
    version: str = (begun or periods)[-1 if begun else 0]["version"]
    return version


def digest_of(document: Document) -> str:
    """By which an evaluation says what it was given."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()


def _log(episode: Episode, document: Document, result: Result, *, at: datetime) -> None:
    Evaluation.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        at=at,
        ruleset=_version_in_force(episode, document, at),
        inputs_sha256=digest_of(document),
        records=len(document["records"]),
        opened=len(result.opened),
        raised=len(result.raised),
        cleared=len(result.cleared),
        withdrawn=len(result.withdrawn),
    )
