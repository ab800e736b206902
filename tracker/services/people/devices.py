"""The phones and browsers that receive a patient's notifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Patient, SessionToken
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import NotFound, ServiceError


class ChannelUnavailable(ServiceError):
    """This channel is not configured on the server."""

    code = "channel_unavailable"
    status = 409


class DeviceInvalid(ServiceError):
    """This is not a valid address of that channel."""

    code = "device_invalid"


@dataclass(frozen=True, slots=True)
class Device:
    id: UUID
    channel: str
    registered_at: datetime | None


@transaction.atomic
def registered(context: Context[Actor], *, patient: Patient) -> list[Device]:
    audit.record(context, "device.list", patient)
    rows = outbox.devices(patient.recipient_id)
    return [Device(row.pk, row.channel, row.verified_at) for row in rows]


@transaction.atomic
def register(
    context: Context[Actor],
    *,
    patient: Patient,
    session: SessionToken | None = None,
    channel: str,
    address: str,
    secret: str,
) -> Device:
    """Add a device of the patient and remove it from any other person.

    A phone has one address: the one that the same session registered before is removed.
    Raises `ChannelUnavailable` and `DeviceInvalid`.
    """
    if not outbox.is_channel_configured(channel):
        raise ChannelUnavailable
    try:
        row = outbox.add_contact_point(
            recipient_id=patient.recipient_id,
            channel=channel,
            address=address,
            secret=secret,
            at=context.at,
        )
    except outbox.UnusableAddress:
        raise DeviceInvalid from None
    if session is not None:
        _tie(context, session, row.pk, patient=patient)
    audit.record(context, "device.register", patient, subject_id=row.pk)
    return Device(row.pk, row.channel, row.verified_at)


@transaction.atomic
def remove(context: Context[Actor], *, patient: Patient, device_id: UUID) -> None:
    """Raises `NotFound`."""
    is_removed = outbox.remove_contact_point(
        recipient_id=patient.recipient_id, contact_point_id=device_id, at=context.at
    )
    if not is_removed:
        raise NotFound
    audit.record(context, "device.remove", patient, subject_id=device_id)


def _tie(
    context: Context[Actor], session: SessionToken, device_id: UUID, *, patient: Patient
) -> None:
    if session.contact_point_id not in {None, device_id}:
        outbox.remove_contact_point(
            recipient_id=patient.recipient_id,
            contact_point_id=session.contact_point_id,
            at=context.at,
        )
    SessionToken.objects.filter(pk=session.pk).update(contact_point_id=device_id)
