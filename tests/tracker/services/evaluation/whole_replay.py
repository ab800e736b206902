"""What a replay of the whole history, without any checkpoint, says of an episode."""

from __future__ import annotations

import json
from datetime import datetime

from tracker.models import Advice, Episode, Evaluation, Flag
from tracker.rules import FlagHistory, Outcome, evaluate, parse_history
from tracker.services.context import OPERATOR, Context
from tracker.services.evaluation import histories

#: What is told of a flag: its day, date and explanation.
Told = tuple[object, ...]


def check_as_whole_replay(episode: Episode) -> None:
    """The stored open flags, unread advice and count of records are those of the whole replay."""
    judged = Evaluation.objects.filter(episode=episode).order_by("-id").first()
    if judged is None:
        return
    fresh = Episode.objects.get(pk=episode.pk)
    exported = histories.export(Context(OPERATOR, judged.at), episode=fresh)
    assert judged.records == len(exported.document["records"])
    whole = evaluate(parse_history(json.dumps(exported.document)), until=judged.at)
    _check_flags(episode, whole)
    _check_advice(episode, whole, judged.at)


def _check_flags(episode: Episode, whole: Outcome) -> None:
    found = {
        flag.rule: flag
        for flag in whole.flags
        if flag.is_live and flag.retracted_at is None and flag.episode_no == 1
    }
    # But those whose evidence is gone, and that wait for a clinician to close them.
    stored = Flag.objects.open().filter(episode=episode, retracted_at=None)
    assert {flag.rule: _stored(flag) for flag in stored} == {
        rule: _found(flag) for rule, flag in found.items()
    }
    for flag in stored:
        # Where a clinician was told of something worse, it stays so until they close it.
        is_worse = flag.priority < min(found[flag.rule].priority, "P2")
        assert is_worse or flag.priority == found[flag.rule].priority


def _stored(flag: Flag) -> Told:
    return flag.day, flag.local_date, flag.opened_at, flag.explanation, flag.latest["explanation"]


def _found(flag: FlagHistory) -> Told:
    latest = flag.latest.explanation
    return flag.day, flag.date, flag.opened_at, flag.finding.explanation, latest


def _check_advice(episode: Episode, whole: Outcome, at: datetime) -> None:
    """What is not given any more, because it came late, is missing from the stored."""
    unread = Advice.objects.filter(episode=episode, withdrawn_at=None, read_at=None)
    given = {(each.code, each.at) for each in whole.advice}
    assert set(unread.values_list("code", "given_at")) <= given
