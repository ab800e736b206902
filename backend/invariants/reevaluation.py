"""I10: evaluating an episode's records again gives its stored flags."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

from backend.invariants.base import REPORTED_IDS, Invariant, Violation
from tracker import rules
from tracker.models import Episode, Evaluation, Flag
from tracker.services.evaluation.evaluate import digest_of
from tracker.services.evaluation.histories import Document, document_of, parsed

INVARIANT = Invariant(
    name="flags_match_reevaluation",
    code="I10",
    description="the open flags of an episode are those that evaluating all its records gives",
    rationale="the patient: findings do not depend on the order in which records arrived",
)

#: A sample of each minute covers all episodes in this many minutes.
SAMPLES = 24 * 60


def find(
    *, at: datetime, is_sample: bool = False, seconds: float | None = None
) -> Violation | None:
    """Evaluate all current episodes again; as a sample, only those of this minute."""
    ends = None if seconds is None else time.monotonic() + seconds
    wrong = []
    for episode_id in sample(at) if is_sample else _all():
        if ends is not None and time.monotonic() > ends:
            break
        if not _agrees(episode_id):
            wrong.append(str(episode_id))
    return Violation(INVARIANT, len(wrong), tuple(wrong[:REPORTED_IDS])) if wrong else None


def _all() -> list[UUID]:
    return list(Episode.objects.current().order_by("pk").values_list("pk", flat=True))


def sample(at: datetime) -> list[UUID]:
    """Return the episodes that are checked in this minute."""
    episodes = Episode.objects.current().filter(pk__range=bounds(at))
    return list(episodes.order_by("pk").values_list("pk", flat=True))


def bounds(at: datetime) -> tuple[UUID, UUID]:
    """Return this minute's slice of all ids; they are random, so that slices are of equal size."""
    number = int(at.timestamp() // 60) % SAMPLES
    first, after = (edge * 2**128 // SAMPLES for edge in (number, number + 1))
    return UUID(int=first), UUID(int=after - 1)


def _agrees(episode_id: UUID) -> bool:
    """Compare with the inputs of the newest evaluation, unless they have changed since."""
    newest = _newest(episode_id)
    if newest is None:
        return True
    episode = Episode.objects.select_related("patient").get(pk=episode_id)
    flags = list(Flag.objects.filter(episode=episode))
    document = _as_evaluated(document_of(episode=episode, flags=flags), newest)
    if _newest(episode_id) != newest:
        return True  # it was written meanwhile; taking its lock would delay patients
    if len(document["records"]) != newest.records:
        return False  # a record was stored and not evaluated
    setup = {name: value for name, value in document.items() if name != "records"}
    if digest_of(setup, records=newest.records) != newest.inputs_sha256:
        return True  # thresholds or dates have changed since: the next evaluation applies them
    return _stored(flags, newest) == _evaluated(episode, flags, document, newest)


def _newest(episode_id: UUID) -> Evaluation | None:
    return Evaluation.objects.filter(episode_id=episode_id).order_by("-id").first()


def _as_evaluated(document: Document, newest: Evaluation) -> Document:
    """Return the document without the closures of after the evaluation."""
    until = newest.at
    closures = [
        closure
        for closure in document["closures"]
        if datetime.fromisoformat(closure["at"]) <= until
    ]
    return {**document, "closures": closures}


def _decided_since(flags: list[Flag], newest: Evaluation) -> set[str]:
    return {
        flag.rule
        for flag in flags
        if flag.review_id and flag.ended_at and flag.ended_at > newest.at
    }


def _stored(flags: list[Flag], newest: Evaluation) -> set[tuple[str, int]]:
    """Return the open flags without those whose evidence was retracted."""
    decided = _decided_since(flags, newest)
    return {
        (flag.rule, flag.day)
        for flag in flags
        if flag.state == Flag.State.OPEN and not flag.retracted_at and flag.rule not in decided
    }


def _evaluated(
    episode: Episode, flags: list[Flag], document: Document, newest: Evaluation
) -> set[tuple[str, int]]:
    decided = _decided_since(flags, newest)
    until = newest.at if episode.patient.enrolled_at else None
    states = rules.evaluate(parsed(document), until=until).flags
    return {
        (state.rule, state.day)
        for state in states
        if state.episode_no == 1
        and state.is_live
        and not state.retracted_at
        and state.rule not in decided
    }
