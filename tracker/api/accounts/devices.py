"""Devices that receive a patient's notifications; an app registers its own at each start."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from notifications import outbox
from tracker.api.accounts import schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.services.people import devices


class DevicesView(PatientView):
    """The channels of this server, and the patient's registered devices."""

    spec = {
        "GET": EndpointSpec(schemas.DeviceListResponse),
        "POST": EndpointSpec(
            schemas.DeviceResponse, status=201, request=schemas.DeviceRequest, errors=(409,)
        ),
    }

    def get(self, request: Request) -> HttpResponse:
        found = devices.registered(self.context, patient=self.patient)
        response = schemas.DeviceListResponse(
            channels=[
                name for name in get_args(schemas.Channel) if outbox.is_channel_configured(name)
            ],
            webpush_key=outbox.webpush_key(),
            devices=[_device(each) for each in found],
        )
        return json_response(response)

    def post(self, request: Request) -> HttpResponse:
        """Register a device. Registering it again keeps its id."""
        sent: schemas.DeviceRequest = self.body(schemas.DeviceRequest)  # type: ignore[arg-type]  # a union, too
        channel, address, secret = _address(sent)
        found = devices.register(
            self.context,
            patient=self.patient,
            session=self.session,
            channel=channel,
            address=address,
            secret=secret,
        )
        return json_response(_device(found), status=201)


class DeviceView(PatientView):
    """Stop notifications to a device. Its session stays signed in."""

    spec = {"DELETE": EndpointSpec(None, status=204)}

    def delete(self, request: Request, device_id: UUID) -> HttpResponse:
        devices.remove(self.context, patient=self.patient, device_id=device_id)
        return HttpResponse(status=204)


def _address(sent: schemas.DeviceRequest) -> tuple[schemas.Channel, str, str]:
    if isinstance(sent, schemas.WebPushDevice):
        return "webpush", sent.endpoint, msgspec.json.encode(sent.keys).decode()
    return ("fcm" if isinstance(sent, schemas.FcmDevice) else "apns"), sent.token, ""


def _device(found: devices.Device) -> schemas.DeviceResponse:
    channel = msgspec.convert(found.channel, schemas.Channel)
    return schemas.DeviceResponse(id=found.id, channel=channel, registered_at=found.registered_at)
