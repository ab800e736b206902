from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

import clock
from backend.invariants import periodic_check
from backend.metrics.measures import all_measures
from notifications.models import Attempt, Breaker, Delivery, WorkerHeartbeat
from notifications.services.dispatch import heartbeats
from tests.backend.invariants.history import ClinicHistory
from tests.backend.invariants.violations import a_flag_is_lost
from tests.tracker.conftest import clinics
from tracker.models import Escalation, EscalationStep

__all__ = ["clinics"]

SECOND = timedelta(seconds=1)


@pytest.fixture
def history(clinics) -> ClinicHistory:
    return ClinicHistory(clinics)


@pytest.fixture
def told(client):
    """Return a metric as a monitoring system reads it, by name and labels."""

    def told(name: str, **labels: str) -> float | None:
        text = client.get("/metrics").content.decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == f"lumbar_{name}" and sample.labels == labels:
                    return sample.value
        return None

    return told


def test_each_number_is_there_before_anything_has_happened(client, db):
    text = client.get("/metrics").content.decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families.keys() == {f"lumbar_{measure.name}" for measure in all_measures()}
    for measure in all_measures():
        combinations = 1
        for values in measure.labels.values():
            combinations *= len(values)
        samples = families[f"lumbar_{measure.name}"].samples
        assert len(samples) == (0 if measure.default is None else combinations), measure.name
        assert not any(sample.value for sample in samples)


def test_timers_and_escalations(history, told):
    assert told("timer_overdue_seconds", timer="escalation_step") == 0
    assert told("escalations", priority="P0", state="active") == 2
    step = EscalationStep.objects.filter(fired_at__isnull=False).first()
    EscalationStep.objects.filter(pk=step.pk).update(due_at=step.fired_at - 61 * SECOND)

    now = clock.now()
    Escalation.objects.filter(pk=history.live.pk).update(next_step_at=now - 90 * SECOND)
    history.clinics.alice.reminder_slots.update(remind_at=now - 30 * SECOND)

    assert told("timer_overdue_seconds", timer="escalation_step") == pytest.approx(90, abs=5)
    assert told("timer_overdue_seconds", timer="reminder") == pytest.approx(30, abs=5)
    assert told("timer_overdue_seconds", timer="day_close") == 0
    assert told("step_lateness_seconds", quantile="1") == pytest.approx(61)
    assert told("step_lateness_seconds", quantile="0.5") < 15
    assert told("steps_fired_late", seconds="15") == 1
    assert told("steps_fired_late", seconds="60") == 1


def test_deliveries_by_urgency_channel_and_outcome(history, told):
    sent = Attempt.objects.filter(outcome="sent").count()
    assert told("attempts", channel="email", outcome="sent") == sent > 0
    assert told("delivery_lateness_seconds", urgency="urgent", quantile="1") < 15
    now = clock.now()
    one, two, three, *_ = Delivery.objects.filter(urgency=1).values_list("pk", flat=True)
    open_again = {"ended_at": None, "bundle_leader": None}
    Delivery.objects.filter(pk=one).update(
        state="pending", next_attempt_at=now - 40 * SECOND, **open_again
    )
    Delivery.objects.filter(pk=two).update(
        state="claimed", lease_until=now + 20 * SECOND, **open_again
    )
    Delivery.objects.filter(pk=three).update(state="expired", ended_at=now)
    Delivery.objects.filter(urgency=2).update(state="dead", ended_at=now - 2 * 3600 * SECOND)
    Breaker.objects.create(channel="sms", credential="a", opened_at=now, probe_at=now)

    assert told("deliveries_waiting", urgency="urgent", state="due") == 1
    assert told("deliveries_waiting", urgency="urgent", state="claimed") == 1
    assert told("deliveries_waiting", urgency="routine", state="due") == 0
    assert told("delivery_overdue_seconds", urgency="urgent") == pytest.approx(40, abs=5)
    assert told("deliveries_failed", urgency="urgent", state="expired") == 1
    assert told("deliveries_failed", urgency="routine", state="dead") == 0
    assert told("dead_letters", urgency="routine") == Delivery.objects.filter(urgency=2).count()
    assert told("breakers_open", channel="sms") == 1


def test_processes_and_invariants(history, told):
    now = clock.now()
    heartbeats.beat_dispatcher(name="one", at=now - 20 * SECOND)
    heartbeats.beat_dispatcher(name="two", at=now - 50 * SECOND)
    heartbeats.beat_worker(queue="urgent", at=now - 7 * SECOND)
    periodic_check.run(at=now)
    assert told("invariant_violations", invariant="flag_has_its_escalation") == 0
    assert told("invariant_check_age_seconds") == pytest.approx(0, abs=5)
    Escalation.objects.filter(pk=history.live.pk).update(position=2)
    periodic_check.run(at=history.later(minutes=1))

    assert told("invariant_violations", invariant="escalation_at_its_newest_step") == 1
    assert told("invariants_unchecked") == 0
    assert told("dispatcher_heartbeat_age_seconds") == pytest.approx(80, abs=5)
    assert told("worker_heartbeat_age_seconds", queue="urgent") == pytest.approx(67, abs=5)
    assert told("worker_heartbeat_age_seconds", queue="bulk") is None
    assert WorkerHeartbeat.objects.count() == 3


def test_no_label_is_an_id_a_name_or_an_address(history, client):
    a_flag_is_lost(history)
    periodic_check.run(at=clock.now())
    Breaker.objects.create(
        channel="webhook",
        credential="hooks.example.org",
        opened_at=clock.now(),
        probe_at=clock.now(),
    )
    known = {
        value
        for measure in all_measures()
        for values in measure.labels.values()
        for value in values
    }

    text = client.get("/metrics").content.decode()

    families = text_string_to_metric_families(text)
    labels = {value for f in families for sample in f.samples for value in sample.labels.values()}
    assert labels <= known
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|@|Alice|Bob|Nora|example|Clinic|RF-", text)


class TestAccess:
    def test_with_a_token_only_its_holder_may_read(self, client, settings, db):
        settings.METRICS_TOKEN = "a-long-secret"

        def status(**headers: str) -> int:
            return client.get("/metrics", headers=headers).status_code

        assert status() == 401
        assert status(authorization="Bearer something-else") == 401
        assert status(authorization="Bearer a-long-secret") == 200

    def test_without_a_token_only_this_machine_may_read_outside_production(
        self, client, settings, db
    ):
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 401
        settings.IS_PRODUCTION = True
        assert client.get("/metrics").status_code == 401

    def test_it_only_reads(self, client):
        assert client.post("/metrics").status_code == 405


def test_each_number_is_explained_to_the_operator():
    page = (settings.BASE_DIR / "docs" / "operating.md").read_text()

    assert [m.name for m in all_measures() if f"`lumbar_{m.name}`" not in page] == []
