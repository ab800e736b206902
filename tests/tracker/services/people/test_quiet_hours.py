from __future__ import annotations

from datetime import time, timedelta

import pytest

from notifications import outbox
from notifications.models import Delivery
from notifications.services.deliveries.sending import deliver
from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.running import MORNING, fire, open_escalation
from tracker.models import AuditEvent
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.people import quiet_hours


def be_quiet(
    clinics: TwoClinics, begin: time | None, end: time | None, zone: str = "Asia/Tokyo"
) -> None:
    """Nora sets it; it is midnight in Tokyo."""
    quiet_hours.change(
        Context(clinics.nora, MORNING), time_zone=zone, quiet_from=begin, quiet_until=end
    )


@pytest.mark.django_db(transaction=True)
def test_quiet_hours_hold_back_routine_notices_and_no_urgent_ones(clinics):
    be_quiet(clinics, time(22), time(7))
    routine, urgent = open_escalation(clinics, "P2"), open_escalation(clinics, "P0")
    fire(MORNING)

    sent = {}
    for escalation in (routine, urgent):
        (delivery,) = Delivery.objects.filter(notification__group=escalation.group)
        deliver(delivery_id=delivery.id, at=MORNING)
        delivery.refresh_from_db()
        sent[escalation.priority] = (delivery.state, delivery.next_attempt_at)

    assert sent["P0"][0] == "sent"
    assert sent["P2"] == ("pending", MORNING + timedelta(hours=7))


def test_it_is_kept_and_audited_and_leaves_the_language(clinics):
    outbox.upsert_recipient(
        recipient_id=clinics.nora.recipient_id, language="de", time_zone="Europe/Berlin"
    )

    be_quiet(clinics, time(22), time(7))

    known = outbox.recipient(clinics.nora.recipient_id)
    assert (known.time_zone, known.language) == ("Asia/Tokyo", "de")
    assert (known.quiet_from, known.quiet_until) == (time(22), time(7))
    assert AuditEvent.objects.get(action="clinician.quiet_hours").actor_id == clinics.nora.id


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(time(22), None, id="half of it"),
        pytest.param(None, time(7), id="the other half"),
        pytest.param(time(8), time(8), id="no time, or a whole day"),
        pytest.param(time(8), time(0, 1), id="longer than a page is useful"),
    ],
)
def test_incomplete_or_too_long_quiet_hours_are_refused(clinics, begin, end):
    with pytest.raises(quiet_hours.QuietHoursInvalid):
        be_quiet(clinics, begin, end)


def test_an_unknown_zone_is_refused(clinics):
    with pytest.raises(ServiceError, match="IANA"):
        be_quiet(clinics, None, None, zone="Mars/Base")
