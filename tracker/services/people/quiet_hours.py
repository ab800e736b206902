"""When somebody who works at a clinic does not want to hear what can wait."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician
from tracker.rules.history.calendar import zone_names
from tracker.services import audit
from tracker.services.clinics.clinics import TimeZoneUnknown
from tracker.services.context import Context
from tracker.services.errors import ServiceError

#: A page is useful for a day: whoever was quiet for longer would never hear of it.
LONGEST_QUIET = timedelta(hours=16)


class QuietHoursInvalid(ServiceError):
    """Give both times or neither, and be quiet for 16 hours at most."""

    code = "quiet_hours_invalid"


@transaction.atomic
def change(
    context: Context[Clinician],
    *,
    time_zone: str,
    quiet_from: time | None,
    quiet_until: time | None,
) -> None:
    """Set one's own zone and quiet hours. What is urgent knows none."""
    if time_zone not in zone_names():
        raise TimeZoneUnknown
    if not _is_sound(quiet_from, quiet_until):
        raise QuietHoursInvalid
    known = outbox.recipient(context.actor.recipient_id)
    outbox.upsert_recipient(
        recipient_id=context.actor.recipient_id,
        language=known.language if known else "en",
        time_zone=time_zone,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
    )
    audit.record(context, "clinician.quiet_hours", context.actor)


def _is_sound(begin: time | None, end: time | None) -> bool:
    if begin is None or end is None:
        return begin is end
    day = datetime(2000, 1, 1)  # noqa: DTZ001 -- the difference of two wall times
    length = (datetime.combine(day, end) - datetime.combine(day, begin)) % timedelta(days=1)
    return timedelta() < length <= LONGEST_QUIET
