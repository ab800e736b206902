from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from prometheus_client.parser import text_string_to_metric_families

import clock
from backend.dispatcher import run_once, timers
from backend.dispatcher.loop import seconds_until_due
from backend.dispatcher.timers import TIMERS, Timer
from backend.invariants import find_violations


@pytest.fixture
def tea(db, monkeypatch) -> type[models.Model]:
    """A model with a timer, which is declared nowhere but here."""
    with isolate_apps("backend"):

        class Tea(models.Model):  # noqa: DJ008 - nobody prints it
            ready_at = models.DateTimeField(null=True)

            class Meta:
                app_label = "backend"

    def take_out(*, at: datetime, limit: int) -> int:
        return Tea.objects.filter(ready_at__lte=at).update(ready_at=None)

    timer = Timer(
        name="tea",
        model=Tea,
        column="ready_at",
        run=take_out,
        is_urgent=True,
        overdue_after=timedelta(seconds=30),
        code="I3",
        description="cup of tea",
        rationale="the guest: it is not bitter",
    )
    with connection.schema_editor() as editor:
        editor.create_model(Tea)
    monkeypatch.setattr(timers, "TIMERS", (*TIMERS, timer))
    return Tea


def overdue_seconds(client) -> float:
    text = client.get("/metrics").content.decode()
    (value,) = (
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels == {"timer": "tea"}
    )
    return value


def test_a_timer_that_is_declared_fires_and_is_measured_and_checked(tea, client):
    at = clock.now()
    cup = tea.objects.create(ready_at=at - timedelta(seconds=40))

    assert overdue_seconds(client) == pytest.approx(40, abs=5)
    (violation,) = find_violations(at=at)
    assert violation.invariant.name == "tea_on_time"
    assert violation.invariant.description == "no cup of tea is due for more than 30 seconds"
    assert violation.ids == (str(cup.pk),)

    assert run_once(at) == 1

    assert overdue_seconds(client) == 0
    assert find_violations(at=at) == []


def test_the_dispatcher_wakes_for_a_declared_timer(tea):
    at = clock.now()
    tea.objects.create(ready_at=at + timedelta(seconds=2))

    assert seconds_until_due(at) == 2


@pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.name)
def test_each_timer_has_a_partial_index(timer):
    is_set = models.Q(**{f"{timer.column}__isnull": False})

    assert [
        index
        for index in timer.model._meta.indexes
        if index.condition == is_set and index.fields[-1] == timer.column
    ]


def test_names_of_jobs_are_unique():
    names = [job.name for job in (*timers.JOBS, *TIMERS)]

    assert len(set(names)) == len(names)
