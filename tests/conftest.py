"""Servers for the tests: started once, by the process that hands out the tests.

Each xdist worker has a database of its own (pytest-django) and a broker database of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from backend.servers import Cluster
from tests.servers import broker_of, child_environment

IN_CI = os.environ.get("CI") == "true"
# The one thing that CI may lack: trial data that may not be handed on.
EXCUSED = "trial data"

os.environ["LUMBAR_MODE"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
os.environ["EMAIL_URL"] = "memorymail://"
os.environ.pop("DEBUG", None)

cluster = Cluster("test", is_durable=False)
is_own_cluster = "DATABASE_URL" not in os.environ
os.environ.setdefault("DATABASE_URL", cluster.database_url)
os.environ["BROKER_URL"] = broker_of(
    os.environ.get("BROKER_URL", cluster.broker_url), os.environ.get("PYTEST_XDIST_WORKER")
)

import django  # noqa: E402 - settings read the lines above

django.setup()


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if not is_worker and not config.option.collectonly:
        cluster.hold()


def pytest_unconfigure() -> None:
    cluster.release()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    return refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    return refuse_skip(report)


def refuse_skip(report):
    """In CI a test that did not run is a test that failed."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr)
        if EXCUSED not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped, which CI does not allow: {reason}"
    return report


@pytest.fixture
def processes_environment(db) -> dict[str, str]:
    """Environment for a child process that works on this test's servers."""
    return child_environment()
