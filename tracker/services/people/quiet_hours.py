"""Quiet hours of clinic staff."""

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

#: A notice expires after a day: longer quiet hours would suppress it altogether.
LONGEST_QUIET = timedelta(hours=16)


class QuietHoursInvalid(ServiceError):
    """Enter both times or neither, at most 16 hours apart."""

    code = "quiet_hours_invalid"


@transaction.atomic
def change(
    context: Context[Clinician],
    *,
    time_zone: str,
    quiet_from: time | None,
    quiet_until: time | None,
) -> None:
    """Set the clinician's zone and quiet hours. Urgent notices ignore them."""
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
