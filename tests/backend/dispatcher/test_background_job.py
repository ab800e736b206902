from __future__ import annotations

import threading
from datetime import UTC, datetime

from backend.dispatcher.background_job import BackgroundJob

AT = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_timers_do_not_wait_for_it_and_it_is_not_begun_twice():
    may_end, began = threading.Event(), []

    def work(at):
        began.append(threading.current_thread())
        assert may_end.wait(5)

    job = BackgroundJob("slow", work)
    assert [job.start(at=AT, limit=1) for _ in range(3)] == [0, 0, 0]
    may_end.set()
    began[0].join(5)
    job.start(at=AT, limit=1)
    began[-1].join(5)

    assert len(began) == 2
    assert threading.current_thread() not in began


def test_an_error_is_logged_and_the_job_runs_again(caplog):
    began = []

    def work(at):
        began.append(threading.current_thread())
        raise ZeroDivisionError

    job = BackgroundJob("broken", work)
    for _ in range(2):
        job.start(at=AT, limit=1)
        while not began or began[-1].is_alive():
            threading.Event().wait(0.01)

    assert len(began) == 2
    assert "background job failed: broken" in caplog.messages
