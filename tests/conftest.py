"""Servers for the tests: started once, by the first test that needs them.

Each xdist worker has a database of its own and a database of its own at the broker.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ["LUMBAR_MODE"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
os.environ["EMAIL_URL"] = "memorymail://"
os.environ.pop("DEBUG", None)

import django
import pytest

from tests import servers

IN_CI = os.environ.get("CI") == "true"
# The one thing that CI may lack: trial data that may not be handed on.
EXCUSED = "trial data"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Tests that crash their servers share them with nobody.
TO_EACH_ITS_OWN = os.environ.get("SERVERS") == "own"

#: The servers of this run; None where the environment names running ones.
CLUSTER = servers.cluster_of_this_run(is_own=TO_EACH_ITS_OWN)
if CLUSTER and TO_EACH_ITS_OWN:
    os.environ |= {"DATABASE_URL": CLUSTER.database_url, "BROKER_URL": CLUSTER.broker_url}
elif CLUSTER:
    os.environ.setdefault("DATABASE_URL", CLUSTER.database_url)
    os.environ.setdefault("BROKER_URL", CLUSTER.broker_url)
os.environ["BROKER_URL"] = servers.broker_of(os.environ["BROKER_URL"], WORKER)

django.setup()
# A process that found it would read the settings before it has servers of its own.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    if CLUSTER:
        CLUSTER.release()


@pytest.fixture(scope="session")
def running_servers() -> None:
    """PostgreSQL and Valkey, for a test that uses them without Django's database."""
    if CLUSTER:
        CLUSTER.start()


@pytest.fixture(scope="session")
def django_db_setup(running_servers, django_test_environment, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), servers.database_of(WORKER), django_db_blocker.block():
        yield


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest, django_db_blocker) -> Iterator[None]:
    """Only a test that commits leaves anything in the shared cache."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if commits or (marker and marker.kwargs.get("transaction")):
        from django.core.cache import cache

        with django_db_blocker.unblock():
            cache.clear()


@pytest.fixture
def child_environment(transactional_db) -> dict[str, str]:
    """Environment of a child process that works on this test's database and broker."""
    return servers.child_environment()


@pytest.fixture(scope="session")
def cluster(running_servers):
    """The servers of this run, for a test that crashes them."""
    if CLUSTER is None or (WORKER and not TO_EACH_ITS_OWN):
        pytest.skip("the servers are somebody else's, or other tests' too")
    return CLUSTER


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    return refuse_skip((yield))


def refuse_skip(report):
    """In CI a test that did not run is a test that failed."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr)
        if EXCUSED not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped, which CI does not allow: {reason}"
    return report
