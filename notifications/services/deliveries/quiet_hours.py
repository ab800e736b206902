from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.models import Recipient


def end_of_quiet(recipient: Recipient, at: datetime) -> datetime | None:
    """Return when the recipient's quiet hours end, or None outside them."""
    begin, end = recipient.quiet_from, recipient.quiet_until
    if begin is None or end is None:
        return None
    zone = ZoneInfo(recipient.time_zone)
    local = at.astimezone(zone)
    clock_time = local.time()
    if begin <= end:
        is_quiet, is_overnight = begin <= clock_time < end, False
    else:
        is_quiet = clock_time >= begin or clock_time < end
        is_overnight = clock_time >= begin
    if not is_quiet:
        return None
    end_date = local.date() + timedelta(days=is_overnight)
    return datetime.combine(end_date, end, tzinfo=zone)
