"""What a write costs after a week, and after ten years of diary."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import clock
from tests.api_client import ApiClient
from tests.performance.history import log_every_day
from tests.tracker.rules.diaries import INDEX
from tracker.models import EvaluationCheckpoint
from tracker.services.evaluation.evaluate import evaluate_episode

WRITES = 15


@pytest.mark.parametrize("days", [7, 90, 365, 3650])
def test_a_write_after_so_many_days(clinics, figures, days):
    alice = clinics.alice
    log_every_day(alice, days=days)
    noon = datetime.combine(INDEX, datetime.min.time(), ZoneInfo(alice.time_zone))
    at = noon + timedelta(days=days, hours=13)
    clock.travel_to(at)
    phone = ApiClient.signed_in(alice)
    figures.measure(
        f"the whole history evaluated once, {days} days",
        lambda: evaluate_episode(episode_id=clinics.episode.id, at=at),
        times=1,
    )
    assert EvaluationCheckpoint.objects.exists()

    def write() -> None:
        clock.shift(timedelta(seconds=1))
        now = clock.now().isoformat()
        sent = {
            "type": "hot",
            "minutes": 15,
            "skin_reaction": False,
            "at": now,
            "submitted_at": now,
        }
        answer = phone.put(f"compress-uses/{uuid4()}", sent)
        assert answer.status_code == 201, answer.content

    write()
    with CaptureQueriesContext(connection) as statements:
        write()
    figures.measure(
        f"PUT of a record after {days} days",
        write,
        times=WRITES,
        note=f"{len(statements)} statements, PostgreSQL's own time apart",
    )
