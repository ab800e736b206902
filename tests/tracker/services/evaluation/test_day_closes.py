from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.models import Episode, Evaluation
from tracker.services.evaluation import day_closes
from tracker.services.evaluation.day_closes import OFFER_LASTS
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.tasks import close_days

FIRST = date(2026, 3, 2)
EVENING = datetime(2026, 3, 3, 2, tzinfo=UTC)  # of the first day
DUE = datetime(2026, 3, 3, 17, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_timer_moves_to_noon_after_the_next_local_day(clinics):
    evaluate_episode(episode_id=clinics.episode.id, at=EVENING)
    clinics.episode.refresh_from_db()
    assert clinics.episode.next_close_at == datetime(2026, 3, 3, 17, tzinfo=UTC)

    assert day_closes.run_due(at=datetime(2026, 3, 3, 16, 59, 59, tzinfo=UTC), limit=9) == 0
    day_closes.run_due(at=datetime(2026, 3, 3, 17, tzinfo=UTC), limit=9)

    assert clinics.episode.next_close_at == datetime(2026, 3, 4, 17, tzinfo=UTC)


def test_a_close_that_fails_does_not_stop_the_others(clinics, monkeypatch):
    poison = clinics.episode.id

    def fail_for_poison(*, episode_id, at):
        if episode_id == poison:
            raise RuntimeError("poison")
        return evaluate_episode(episode_id=episode_id, at=at)

    monkeypatch.setattr(day_closes, "evaluate_episode", fail_for_poison)
    day_closes.run_due(at=EVENING + 3 * DAY, limit=9)

    assert Evaluation.objects.exclude(episode=poison).count() == 2


def test_six_weeks_after_an_operation_a_new_episode_begins_with_its_plan(clinics):
    before = clinics.episode
    before.surgery_date = FIRST
    before.save()
    before.planned_measures.create(
        clinic=clinics.clinic, measure="home_exercise", sessions_per_week=3, from_date=FIRST
    )

    day_closes.run(episode_id=before.id, at=EVENING + 41 * DAY)
    assert clinics.alice.episodes.count() == 1

    day_closes.run(episode_id=before.id, at=EVENING + 42 * DAY)
    successor = clinics.alice.episodes.get(ended_date=None)
    assert successor.index_date == FIRST + 42 * DAY
    assert successor.planned_measures.get().measure == "home_exercise"
    assert successor.next_close_at is not None


@pytest.fixture
def due(clinics):
    """The episodes that have a day to close, alphabetically by patient."""
    Episode.objects.update(next_close_at=DUE)
    return list(Episode.objects.order_by("patient__full_name").values_list("pk", flat=True))


class TestOffers:
    def test_what_is_due_is_offered_once_until_the_offer_counts_as_lost(self, due):
        assert set(day_closes.offer(at=DUE, limit=9)) == set(due)

        assert day_closes.offer(at=DUE + OFFER_LASTS - timedelta(seconds=1), limit=9) == []
        assert set(day_closes.offer(at=DUE + OFFER_LASTS, limit=9)) == set(due)

    def test_the_oldest_close_is_offered_first(self, due):
        Episode.objects.filter(pk=due[1]).update(next_close_at=DUE - DAY)

        assert day_closes.offer(at=DUE, limit=1) == [due[1]]
        assert day_closes.outstanding(at=DUE) == 1

    def test_nothing_is_offered_before_its_time(self, due):
        assert day_closes.offer(at=DUE - timedelta(seconds=1), limit=9) == []

    def test_an_offer_taken_back_is_open_to_all_again(self, due):
        day_closes.offer(at=DUE, limit=9)
        day_closes.withdraw(due[1:])

        assert day_closes.outstanding(at=DUE) == 1
        assert set(day_closes.offer(at=DUE, limit=9)) == set(due[1:])

    def test_the_next_close_has_not_been_offered(self, due):
        day_closes.offer(at=DUE, limit=9)
        day_closes.run(episode_id=due[0], at=DUE)

        episode = Episode.objects.get(pk=due[0])
        assert episode.next_close_at == DUE + DAY
        assert episode.close_offered_at is None

    def test_a_message_that_comes_twice_closes_once(self, due):
        close_days(episode_id=str(due[0]))
        close_days(episode_id=str(due[0]))

        assert Evaluation.objects.filter(episode=due[0]).count() == 1
