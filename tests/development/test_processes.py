from __future__ import annotations

import os
import time

import pytest

from development import processes as module
from development.processes import ProcessError, Processes

SLEEP = ("-c", "import time; print('here', flush=True); time.sleep(60)")


@pytest.fixture
def processes(tmp_path):
    with Processes(tmp_path, os.environ) as processes:
        yield processes


def kill(processes: Processes, name: str) -> int:
    process = processes._running[name]
    process.kill()
    process.wait()
    return process.pid


def was_printed(processes: Processes, name: str, times: int) -> bool:
    deadline = time.monotonic() + 10
    while processes.log(name).read_text().count("here") != times:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_an_ended_process_is_restarted_and_its_log_continued(processes, monkeypatch):
    monkeypatch.setattr(module, "SETTLED_SECONDS", 0)
    processes.start("worker", *SLEEP)
    assert was_printed(processes, "worker", 1)
    before = kill(processes, "worker")

    processes.check()

    assert processes._running["worker"].pid != before
    assert was_printed(processes, "worker", 2)


def test_a_process_that_ends_at_its_start_ends_the_demo(processes):
    processes.start("worker", *SLEEP)
    kill(processes, "worker")

    with pytest.raises(ProcessError, match="worker ended by itself"):
        processes.check()
