"""I10: the stored flags are what the rules say of the records."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

from backend.auditor.check import NAMED, Law, Violation
from tracker import rules
from tracker.models import Episode, Evaluation, Flag
from tracker.services.evaluation.evaluate import digest_of
from tracker.services.evaluation.histories import Document, document_of, parsed

LAW = Law(
    name="flags_follow_from_records",
    invariant="I10",
    says="the open flags of an episode are those of a fold of its records from scratch",
    serves="the patient: what was found does not depend on which phone was faster",
)

#: In so many minutes every episode has had its turn.
ROUND = 24 * 60


def find(
    *, at: datetime, is_sample: bool = False, seconds: float | None = None
) -> Violation | None:
    """Fold the current episodes anew; as a sample, only those whose turn this minute is."""
    ends = None if seconds is None else time.monotonic() + seconds
    wrong = []
    for episode_id in of_turn(at) if is_sample else _all():
        if ends is not None and time.monotonic() > ends:
            break
        if not _agrees(episode_id):
            wrong.append(str(episode_id))
    return Violation(LAW, len(wrong), tuple(wrong[:NAMED])) if wrong else None


def _all() -> list[UUID]:
    return list(Episode.objects.current().order_by("pk").values_list("pk", flat=True))


def of_turn(at: datetime) -> list[UUID]:
    """The episodes that this minute looks at."""
    turn = Episode.objects.current().filter(pk__range=bounds(at))
    return list(turn.order_by("pk").values_list("pk", flat=True))


def bounds(at: datetime) -> tuple[UUID, UUID]:
    """Ids are random: a slice of their range is a fair share, and the slices are all."""
    turn = int(at.timestamp() // 60) % ROUND
    first, after = (edge * 2**128 // ROUND for edge in (turn, turn + 1))
    return UUID(int=first), UUID(int=after - 1)


def _agrees(episode_id: UUID) -> bool:
    """Compared with what the newest evaluation was given, if that is still all there is."""
    newest = _newest(episode_id)
    if newest is None:
        return True
    episode = Episode.objects.select_related("patient").get(pk=episode_id)
    flags = list(Flag.objects.filter(episode=episode))
    document = _as_judged(document_of(episode=episode, flags=flags), newest)
    if _newest(episode_id) != newest:
        return True  # somebody wrote meanwhile; nobody is made to wait for an auditor
    if len(document["records"]) != newest.records:
        return False  # something was stored and not judged
    setup = {name: value for name, value in document.items() if name != "records"}
    if digest_of(setup, records=newest.records) != newest.inputs_sha256:
        return True  # thresholds or dates have changed since: the next evaluation tells
    return _standing(flags, newest) == _found(episode, flags, document, newest)


def _newest(episode_id: UUID) -> Evaluation | None:
    return Evaluation.objects.filter(episode_id=episode_id).order_by("-id").first()


def _as_judged(document: Document, newest: Evaluation) -> Document:
    """Without what clinicians have closed since."""
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


def _standing(flags: list[Flag], newest: Evaluation) -> set[tuple[str, int]]:
    """All but those whose evidence is gone, and that wait for a clinician to close them."""
    decided = _decided_since(flags, newest)
    return {
        (flag.rule, flag.day)
        for flag in flags
        if flag.state == Flag.State.OPEN and not flag.retracted_at and flag.rule not in decided
    }


def _found(
    episode: Episode, flags: list[Flag], document: Document, newest: Evaluation
) -> set[tuple[str, int]]:
    decided = _decided_since(flags, newest)
    until = newest.at if episode.patient.enrolled_at else None
    lives = rules.evaluate(parsed(document), until=until).flags
    return {
        (life.rule, life.day)
        for life in lives
        if life.episode_no == 1
        and life.is_live
        and not life.retracted_at
        and life.rule not in decided
    }
