from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from notifications.models import Delivery, Notification
from tests.tracker.services.escalations.running import escalated_flag
from tests.tracker.services.reviews.deciding import decide
from tracker.models import AuditEvent, Message, Patient
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import NotFound
from tracker.services.reviews import clinic_messages

SENT = datetime(2026, 3, 5, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def message(clinics) -> Message:
    decide(clinics, escalated_flag(clinics), message="Please come in on Thursday.")
    sent = Message.objects.get()
    day = clinic_messages.REMINDED_AFTER
    Message.objects.update(sent_at=SENT, chase_at=SENT + day)
    sent.refresh_from_db()
    return sent


def chase(at: datetime) -> int:
    return clinic_messages.chase_due(Context(SYSTEM, at), limit=10)


def notices() -> int:
    return Notification.objects.filter(kind="clinic_message").count()


def listed(clinics) -> list[Message]:
    return list(clinic_messages.returned(patients=Patient.objects.for_clinician(clinics.nora)))


def read(message: Message, at: datetime) -> Message:
    return clinic_messages.mark_read(
        Context(message.patient, at), patient=message.patient, message_id=message.id
    )


def test_a_message_is_chased_from_the_day_it_was_sent(clinics):
    decide(clinics, escalated_flag(clinics), message="Please come in on Thursday.")

    sent = Message.objects.get()
    assert sent.chase_at - sent.sent_at == 24 * HOUR


def test_unread_for_a_day_the_patient_is_reminded_once(message):
    assert chase(SENT + 24 * HOUR - SECOND) == 0
    assert chase(SENT + 24 * HOUR) == 1
    assert chase(SENT + 48 * HOUR) == 0

    assert notices() == 2


def test_unread_for_three_days_it_returns_to_the_worklist(clinics, message):
    chase(SENT + 24 * HOUR)
    chase(SENT + 72 * HOUR - SECOND)
    assert listed(clinics) == []

    chase(SENT + 72 * HOUR)
    assert listed(clinics) == [message]
    assert chase(SENT + 100 * HOUR) == 0


def test_after_an_outage_of_three_days_it_returns_without_a_reminder(clinics, message):
    chase(SENT + 80 * HOUR)

    assert listed(clinics) == [message]
    assert notices() == 1


def test_a_read_message_is_not_chased_and_its_notices_stop(message):
    chase(SENT + 24 * HOUR)
    read(message, SENT + 25 * HOUR)

    assert chase(SENT + 72 * HOUR) == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}


def test_reading_is_noted_once(message):
    read(message, SENT + HOUR)

    assert read(message, SENT + 2 * HOUR).read_at == SENT + HOUR


def test_a_row_ends_when_it_is_read(clinics, message):
    chase(SENT + 72 * HOUR)
    read(message, SENT + 73 * HOUR)

    assert listed(clinics) == []


def test_a_row_ends_when_a_clinician_has_seen_to_it(clinics, message):
    chase(SENT + 72 * HOUR)
    for who in (clinics.nora, clinics.phil):
        clinic_messages.deal_with(Context(who, SENT + 73 * HOUR), message_id=message.id)

    assert listed(clinics) == []
    message.refresh_from_db()
    assert message.dealt_with_by == clinics.nora
    assert AuditEvent.objects.filter(action="message.deal_with").count() == 2


def test_another_clinic_cannot_deal_with_it(clinics, message):
    chase(SENT + 72 * HOUR)

    with pytest.raises(NotFound):
        clinic_messages.deal_with(Context(clinics.mallory, SENT + 73 * HOUR), message_id=message.id)


def test_one_that_fails_does_not_stop_the_others(clinics, message, monkeypatch):
    with transaction.atomic():
        other = Message.objects.create(
            clinic=clinics.clinic,
            patient=clinics.bob,
            by=clinics.nora,
            sent_at=SENT,
            text="Call us.",
            chase_at=SENT + 23 * HOUR,
        )
    whole = clinic_messages._chase

    def fail_for_the_other(each, *, at):
        if each.pk == other.pk:
            raise RuntimeError("poison")
        whole(each, at=at)

    monkeypatch.setattr(clinic_messages, "_chase", fail_for_the_other)

    assert chase(SENT + 24 * HOUR) == 1
