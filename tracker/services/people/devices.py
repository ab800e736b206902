"""The phones and browsers that a patient is told on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Patient, SessionToken
from tracker.services import audit
from tracker.services.errors import NotFound, ServiceError


class ChannelUnavailable(ServiceError):
    """This installation does not send on that channel."""

    code = "channel_unavailable"
    status = 409


class DeviceInvalid(ServiceError):
    """This is no address of that channel."""

    code = "device_invalid"


@dataclass(frozen=True, slots=True)
class Device:
    id: UUID
    channel: str
    registered_at: datetime | None


@transaction.atomic
def registered(*, by: Patient, at: datetime) -> list[Device]:
    _audit("device.list", by, at)
    rows = outbox.devices(by.recipient_id)
    return [Device(row.pk, row.channel, row.verified_at) for row in rows]


@transaction.atomic
def register(
    *,
    by: Patient,
    session: SessionToken | None = None,
    channel: str,
    address: str,
    secret: str,
    at: datetime,
) -> Device:
    """Tell the patient there, too; a device that was another person's is theirs no more.

    A phone has one address: what the same session registered before is used no more.
    Raises `ChannelUnavailable` and `DeviceInvalid`.
    """
    if not outbox.is_channel_configured(channel):
        raise ChannelUnavailable
    try:
        row = outbox.add_contact_point(
            recipient_id=by.recipient_id, channel=channel, address=address, secret=secret, at=at
        )
    except outbox.UnusableAddress:
        raise DeviceInvalid from None
    if session is not None:
        _tie(session, row.pk, by=by, at=at)
    _audit("device.register", by, at, row.pk)
    return Device(row.pk, row.channel, row.verified_at)


@transaction.atomic
def remove(*, by: Patient, device_id: UUID, at: datetime) -> None:
    """Raises `NotFound`."""
    is_removed = outbox.remove_contact_point(
        recipient_id=by.recipient_id, contact_point_id=device_id, at=at
    )
    if not is_removed:
        raise NotFound
    _audit("device.remove", by, at, device_id)


def _tie(session: SessionToken, device_id: UUID, *, by: Patient, at: datetime) -> None:
    if session.contact_point_id not in {None, device_id}:
        outbox.remove_contact_point(
            recipient_id=by.recipient_id, contact_point_id=session.contact_point_id, at=at
        )
    SessionToken.objects.filter(pk=session.pk).update(contact_point_id=device_id)


def _audit(action: str, patient: Patient, at: datetime, subject_id: object = "") -> None:
    audit.record(
        action=action,
        by=patient,
        at=at,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        subject_id=subject_id,
    )
