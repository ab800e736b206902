"""Where a patient's app is told: it registers itself at each start and after signing in."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from django.http import HttpResponse
from msgspec import Meta
from rest_framework.request import Request

from notifications import outbox
from tracker.api.contract import Contract
from tracker.api.door import PatientView, answer
from tracker.api.shapes import Answer, Form, Instant
from tracker.services.people import devices

Channel = Literal["fcm", "apns", "webpush"]


class FcmDevice(Form, tag_field="channel", tag="fcm"):
    """An Android phone, by its registration token."""

    token: Annotated[str, Meta(max_length=4096)]


class ApnsDevice(Form, tag_field="channel", tag="apns"):
    """An iPhone, by its device token in hexadecimal digits."""

    token: Annotated[str, Meta(max_length=200)]


class SubscriptionKeys(Form):
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=30)]


class WebPushDevice(Form, tag_field="channel", tag="webpush"):
    """A browser, by its subscription, made with the `webpush_key`."""

    endpoint: Annotated[str, Meta(max_length=2000)]
    keys: SubscriptionKeys


DeviceBody = FcmDevice | ApnsDevice | WebPushDevice


class DeviceShown(Answer):
    id: UUID
    channel: Channel
    registered_at: Instant | None


class DevicesShown(Answer):
    #: what this server can send on
    channels: list[Channel]
    #: `applicationServerKey`; null without Web Push
    webpush_key: str | None
    devices: list[DeviceShown]


class DevicesView(PatientView):
    """Which channels there are, and which devices are told."""

    contract = {
        "GET": Contract(DevicesShown),
        "POST": Contract(DeviceShown, status=201, body=DeviceBody, refusals=(409,)),
    }

    def get(self, request: Request) -> HttpResponse:
        known: tuple[Channel, ...] = ("fcm", "apns", "webpush")
        found = devices.registered(self.context, patient=self.patient)
        shown = DevicesShown(
            channels=[name for name in known if outbox.is_channel_configured(name)],
            webpush_key=outbox.webpush_key(),
            devices=[_shown(each) for each in found],
        )
        return answer(shown)

    def post(self, request: Request) -> HttpResponse:
        """Tell the patient on this device; the same one again is the same device."""
        sent: DeviceBody = self.body(DeviceBody)  # type: ignore[arg-type]  # a union, too
        channel, address, secret = _address(sent)
        found = devices.register(
            self.context,
            patient=self.patient,
            session=self.session,
            channel=channel,
            address=address,
            secret=secret,
        )
        return answer(_shown(found), status=201)


class DeviceView(PatientView):
    """Tell the patient there no more, though they stay signed in."""

    contract = {"DELETE": Contract(None, status=204)}

    def delete(self, request: Request, device_id: UUID) -> HttpResponse:
        devices.remove(self.context, patient=self.patient, device_id=device_id)
        return HttpResponse(status=204)


def _address(sent: DeviceBody) -> tuple[Channel, str, str]:
    if isinstance(sent, WebPushDevice):
        return "webpush", sent.endpoint, msgspec.json.encode(sent.keys).decode()
    return ("fcm" if isinstance(sent, FcmDevice) else "apns"), sent.token, ""


def _shown(found: devices.Device) -> DeviceShown:
    channel = msgspec.convert(found.channel, Channel)
    return DeviceShown(id=found.id, channel=channel, registered_at=found.registered_at)
