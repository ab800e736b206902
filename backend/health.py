from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection

import clock
from backend.invariants import periodic_check


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Report that this process answers; its servers are not checked."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Report whether requests may be sent here: the database answers and is migrated.

    The broker and the invariants are reported but do not count: without a broker everything
    works, and refusing requests mends no violated invariant.
    """
    database = database_state()
    is_ready = database == "ok"
    return JsonResponse(
        {
            "status": "ok" if is_ready else "unavailable",
            "database": database,
            "broker": broker_state(),
            "invariants": invariants_state() if is_ready else "unknown",
        },
        status=200 if is_ready else 503,
    )


def database_state() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    return "migrations pending" if plan else "ok"


def broker_state() -> str:
    options = {"socket_timeout": 1, "socket_connect_timeout": 1}
    try:
        with Connection(settings.BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_max=0)
    except Exception:  # noqa: BLE001 - each transport has its own errors, and none may fail this
        return "unreachable"
    return "ok"


def invariants_state() -> str:
    newest = periodic_check.newest(at=clock.now())
    if newest is None:
        return "silent"
    return "ok" if newest.is_clean else "not clean"
