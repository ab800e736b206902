from __future__ import annotations

import pytest
from celery.signals import worker_init
from django.db import connections

from backend.celery import app


def test_workers_open_no_pool_that_would_cross_the_fork(monkeypatch):
    options = connections["default"].settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "pool", dict(options["pool"]))

    worker_init.send(sender=None)

    assert "pool" not in options


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_acks_late", True),
        ("task_reject_on_worker_lost", True),
        ("task_ignore_result", True),
        ("worker_prefetch_multiplier", 1),
        ("worker_enable_remote_control", False),
        ("accept_content", ["json"]),
        ("result_backend", None),
    ],
)
def test_a_lost_message_or_worker_loses_no_work(setting, value):
    assert app.conf[setting] == value


def test_no_task_outlives_the_time_after_which_the_broker_hands_it_out_again():
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]


def test_urgent_work_has_a_queue_of_its_own():
    assert {queue.name for queue in app.conf.task_queues} == {"urgent", "routine", "bulk"}
