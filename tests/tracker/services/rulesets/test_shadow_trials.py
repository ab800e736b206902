"""Shadow trials: their findings are stored and compared, and nobody is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from notifications.models import Notification
from tests.fixtures import TwoClinics, diary, say
from tracker.models import AuditEvent, Escalation, Flag, ShadowFinding, ShadowTrial
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import NotFound
from tracker.services.evaluation import day_closes
from tracker.services.rulesets import adoption, shadow_trials, thresholds

FIRST = date(2026, 3, 2)
EVENING = datetime(2026, 3, 3, 2, tzinfo=UTC)  # of the first day
DAY = timedelta(days=1)
#: after the close of the day so many days after the first
CLOSED = datetime(2026, 3, 3, 17, 0, 1, tzinfo=UTC)


def start(clinics: TwoClinics, *, at: datetime = EVENING, version="2026.1", by=None, **numbers):
    return shadow_trials.start(
        Context(by or clinics.ada, at),
        clinic=clinics.clinic,
        version=version,
        thresholds=numbers,
        reason="Fewer flags?",
    )


def log(clinics: TwoClinics, pains: list[int]) -> None:
    for offset, pain in enumerate(pains):
        say(clinics.alice, diary(FIRST + offset * DAY, pain))


def close(clinics: TwoClinics, day: int) -> None:
    day_closes.run(Context(SYSTEM, CLOSED + (day + 1) * DAY), episode_id=clinics.episode.id)


def found() -> list[tuple[str, int]]:
    return [(each.rule, each.day) for each in ShadowFinding.objects.all()]


def test_it_finds_at_the_close_of_a_day_what_it_would_have_opened(clinics):
    start(clinics, severe_pain=6)
    log(clinics, [6] * 7)

    close(clinics, 6)

    assert found() == [("SEV-SUST", 5)]


def test_nobody_is_told_and_no_flag_opens(clinics):
    start(clinics, severe_pain=6)
    log(clinics, [6] * 7)
    before = Notification.objects.count()

    close(clinics, 6)

    assert ShadowFinding.objects.exists()
    assert not Flag.objects.exists()
    assert not Escalation.objects.exists()
    assert Notification.objects.count() == before


def test_days_before_the_trial_are_evaluated_by_the_live_rules(clinics):
    start(clinics, at=EVENING + 5 * DAY, severe_pain=6)
    log(clinics, [6] * 7)

    close(clinics, 6)

    assert found() == [("SEV-SUST", 7)]


def test_the_same_close_again_finds_the_same_once(clinics):
    start(clinics, severe_pain=6)
    log(clinics, [6] * 7)
    shadow_trials.evaluate_trial(episode_id=clinics.episode.id, at=CLOSED + 8 * DAY)

    assert shadow_trials.evaluate_trial(episode_id=clinics.episode.id, at=CLOSED + 8 * DAY) == 1
    assert found() == [("SEV-SUST", 5)]


def test_a_record_of_a_phone_runs_no_trial(clinics):
    from tracker.services.evaluation.evaluate import evaluate_episode

    start(clinics, severe_pain=6)
    log(clinics, [6] * 7)
    evaluate_episode(episode_id=clinics.episode.id, at=EVENING + 6 * DAY)

    assert not found()


def test_a_failed_trial_does_not_affect_the_close(clinics, caplog):
    trial = start(clinics, severe_pain=6)
    ShadowTrial.objects.filter(pk=trial.pk).update(version="gone")
    log(clinics, [7] * 7)

    close(clinics, 6)

    assert Flag.objects.get().rule == "SEV-SUST"
    assert "shadow_trial_failed" in caplog.text


def test_it_is_compared_with_the_flags_of_its_days(clinics):
    start(clinics, severe_pain=8, severe_days=3)
    log(clinics, [8, 8, 8, 7, 7, 7, 7, 7])
    close(clinics, 7)

    (rule,) = shadow_trials.compare(trial=ShadowTrial.objects.get())
    assert (rule.rule, rule.live, rule.tried, rule.both) == ("SEV-SUST", 1, 1, 1)


def test_what_it_would_spare_and_add_is_counted_apart(clinics):
    start(clinics, severe_pain=8, silent_days=3)
    log(clinics, [7] * 7)
    close(clinics, 13)

    counts = {
        each.rule: (each.live, each.tried, each.both)
        for each in shadow_trials.compare(trial=ShadowTrial.objects.get())
    }
    assert counts == {"SEV-SUST": (1, 0, 0), "DATA-GAP": (1, 1, 1)}


def test_one_runs_at_a_time_and_stopping_keeps_what_it_found(clinics):
    start(clinics, severe_pain=6)
    log(clinics, [6] * 7)
    close(clinics, 6)
    with pytest.raises(shadow_trials.TrialRunning):
        start(clinics, severe_pain=5)

    shadow_trials.stop(Context(clinics.ada, EVENING + 9 * DAY), clinic=clinics.clinic)
    close(clinics, 9)

    assert found() == [("SEV-SUST", 5)]
    assert start(clinics, severe_pain=5).stopped_at is None
    actions = AuditEvent.objects.filter(action__startswith="shadow.").order_by("id")
    assert [each.action for each in actions] == ["shadow.start", "shadow.stop", "shadow.start"]


def test_what_is_refused(clinics):
    with pytest.raises(adoption.RulesetUnknown):
        start(clinics, version="1999.1")
    with pytest.raises(thresholds.ThresholdRefused):
        start(clinics, severe_pain=11)
    with pytest.raises(NotFound):
        start(clinics, by=clinics.nora, severe_pain=6)
    with pytest.raises(NotFound):
        shadow_trials.stop(Context(clinics.ada, EVENING), clinic=clinics.clinic)
    with pytest.raises(shadow_trials.NothingToTry):
        start(clinics)


def test_another_clinics_trial_evaluates_no_patient_of_this_one(clinics):
    from tracker.models import Clinician

    Clinician.objects.filter(id=clinics.mallory.id).update(is_administrator=True)
    clinics.mallory.refresh_from_db()
    shadow_trials.start(
        Context(clinics.mallory, EVENING),
        clinic=clinics.other_clinic,
        version="2026.1",
        thresholds={"severe_pain": 6},
        reason="Elsewhere.",
    )
    log(clinics, [6] * 7)
    close(clinics, 6)

    assert not found()
