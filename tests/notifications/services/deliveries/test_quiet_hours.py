from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Recipient
from notifications.services.deliveries.quiet_hours import end_of_quiet

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
CASES = {
    "no quiet hours": (None, None, BERLIN, "2026-06-01T03:00", None),
    "overnight, evening": (22, 7, BERLIN, "2026-06-01T23:00", "2026-06-02T07:00"),
    "overnight, morning": (22, 7, BERLIN, "2026-06-02T06:59", "2026-06-02T07:00"),
    "overnight, at the end": (22, 7, BERLIN, "2026-06-02T07:00", None),
    "overnight, at the start": (22, 7, BERLIN, "2026-06-01T22:00", "2026-06-02T07:00"),
    "overnight, noon": (22, 7, BERLIN, "2026-06-01T12:00", None),
    "a midday rest": (13, 15, BERLIN, "2026-06-01T14:00", "2026-06-01T15:00"),
    "before a midday rest": (13, 15, BERLIN, "2026-06-01T12:59", None),
    "the night the clock goes forward": (
        22, 7, NEW_YORK, "2026-03-07T23:00", "2026-03-08T07:00",
    ),
    "the night the clock goes back": (
        22, 7, NEW_YORK, "2026-10-31T23:00", "2026-11-01T07:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_quiet_hours_end_at_the_recipients_local_time(case):
    begin, end, zone, now, expected = case
    recipient = Recipient(
        time_zone=zone, quiet_from=begin and time(begin), quiet_until=end and time(end)
    )
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))

    found = end_of_quiet(recipient, at)

    assert found == (expected and datetime.fromisoformat(expected).replace(tzinfo=ZoneInfo(zone)))
