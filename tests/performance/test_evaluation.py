from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.performance.history import log_every_day
from tests.tracker.rules.diaries import INDEX
from tracker.services.evaluation.evaluate import evaluate_episode

DAYS = 90


def test_an_evaluation_against_the_database(clinics, figures):
    log_every_day(clinics.alice, days=DAYS)
    at = datetime.combine(INDEX, datetime.min.time(), tzinfo=UTC) + timedelta(days=DAYS + 1)

    def evaluate() -> None:
        evaluate_episode(episode_id=clinics.episode.id, at=at)

    evaluate()  # opens the flags
    assert clinics.episode.flags.filter(rule="CC-FAIL").exists()
    with CaptureQueriesContext(
        connection,
    ) as statements:
        evaluate()

    figures.measure(
        "an evaluation that changes nothing, 90 days",
        evaluate,
        times=10,
        note=f"{len(statements)} statements, PostgreSQL's own time apart",
    )
