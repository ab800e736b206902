"""A real dispatcher audits by itself, and falls silent outside when something is wrong."""

from __future__ import annotations

import pytest
from django.db import connection

import clock
from backend.auditor.rounds import EVERY
from backend.models import AuditorRun
from tests.faults.database import until
from tests.peers.http import running_http

pytestmark = pytest.mark.fault


def test_a_dispatcher_is_heard_outside_until_a_law_is_broken(stage, tell):
    with running_http() as outside:
        stage.environment["HEARTBEAT_URL"] = f"{outside.origin}/ping"
        stage.dispatcher()
        heard = until(lambda: outside.calls, "a heartbeat outside", seconds=15)
        stage.until_sent(tell(), seconds=15)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_attempt SET claim_no = claim_no + 1")
        clock.shift(EVERY)
        broken = AuditorRun.objects.exclude(broken={})
        found = until(broken.exists, "a round that finds it", seconds=15)

    assert broken.get().broken.keys() == {"every_attempt_had_its_claim"}
    assert len(outside.calls) == 1
    slowest = max(AuditorRun.objects.values_list("milliseconds", flat=True))
    stage.note(
        f"auditor: heard outside after {heard:.1f} s, a broken law found {found:.1f} s after its"
        f" round was due, a round took {slowest} ms at most"
    )
