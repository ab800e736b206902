from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.performance.long_diary import records
from tests.tracker.rules.diaries import INDEX
from tracker.models import Revision
from tracker.rules import parse_record, submitted_at
from tracker.services.evaluation.evaluate import evaluate_episode

DAYS = 90


def say_all(patient) -> None:
    patient.episodes.update(index_date=INDEX)
    Revision.objects.bulk_create(
        Revision(
            clinic_id=patient.clinic_id,
            patient=patient,
            uuid=f"00000000-0000-4000-8000-{number:012}",
            kind=content["kind"],
            number=1,
            base_number=0,
            content={name: value for name, value in content.items() if name != "id"},
            submitted_at=submitted_at(parse_record(content)),
            received_at=submitted_at(parse_record(content)),
            author=patient.user,
        )
        for number, content in enumerate(records(DAYS))
    )


def test_an_evaluation_against_the_database(clinics, figures):
    say_all(clinics.alice)
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
