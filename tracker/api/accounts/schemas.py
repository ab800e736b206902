"""Requests and responses about a patient's account, session, devices and profile."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from tracker.api.http.schemas import Instant, Request, Response, WallTime, Zone

Token = Annotated[str, Meta(min_length=20, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
DeviceName = Annotated[str, Meta(max_length=80)]


class LoginRequest(Request):
    email: Email
    password: Password
    device_name: DeviceName | None = None


class PasswordResetRequest(Request):
    email: Email


class PasswordChangeRequest(Request):
    current_password: Password
    new_password: Password


class LoginResponse(Response):
    #: Returned only once; send it as `Authorization: Bearer`.
    token: str


class SessionResponse(Response):
    email: str


class ConsentTextRequest(Request):
    token: Token


class ConsentTextResponse(Response):
    text_version: str
    text: str


class Agreement(Request):
    text_version: Annotated[str, Meta(max_length=20)]
    agreed: Literal[True]


class EnrolmentRequest(Request):
    token: Token
    password: Password
    birth_date: date
    time_zone: Zone
    consent: Agreement
    #: When to remind on days without an entry; null for never.
    reminder_time: WallTime | None = "20:00"
    device_name: DeviceName | None = None


class EnrolmentResponse(Response):
    token: str
    patient_id: UUID


class OpenHours(Response):
    weekday: Annotated[int, Meta(ge=0, le=6, description="0 is Monday.")]
    opens: str
    closes: str


class ClinicContact(Response):
    name: str
    phone: str
    emergency_number: str
    crisis_line: str
    time_zone: str
    staffed_hours: list[OpenHours]


class QuietHoursRequest(Request):
    """Quiet hours in the patient's local time; past midnight if they end earlier."""

    from_time: WallTime
    until_time: WallTime


class QuietHoursResponse(Response):
    from_time: str
    until_time: str


class ProfileResponse(Response):
    id: UUID
    full_name: str
    email: str
    #: If it differs from `time_zone_today`, it counts the days from tomorrow on.
    time_zone: str
    time_zone_today: str
    reminder_time: str | None
    reminds_on_weekends: bool
    #: No reminder and no routine notice arrives in these hours.
    quiet_hours: QuietHoursResponse | None
    enrolled_at: Instant | None
    clinic: ClinicContact


class ProfileChangeRequest(Request):
    full_name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    #: The zone of a `zone_question` that the patient answered with no.
    declined_time_zone: Zone | UnsetType = UNSET
    reminder_time: WallTime | UnsetType | None = UNSET
    reminds_on_weekends: bool | UnsetType = UNSET
    quiet_hours: QuietHoursRequest | UnsetType | None = UNSET


Channel = Literal["fcm", "apns", "webpush"]


class FcmDevice(Request, tag_field="channel", tag="fcm"):
    """An Android phone, by its registration token."""

    token: Annotated[str, Meta(max_length=4096)]


class ApnsDevice(Request, tag_field="channel", tag="apns"):
    """An iPhone, by its device token in hexadecimal digits."""

    token: Annotated[str, Meta(max_length=200)]


class SubscriptionKeys(Request):
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=30)]


class WebPushDevice(Request, tag_field="channel", tag="webpush"):
    """A browser, by its subscription, made with the `webpush_key`."""

    endpoint: Annotated[str, Meta(max_length=2000)]
    keys: SubscriptionKeys


DeviceRequest = FcmDevice | ApnsDevice | WebPushDevice


class DeviceResponse(Response):
    id: UUID
    channel: Channel
    registered_at: Instant | None


class DeviceListResponse(Response):
    #: The channels that this server can send on.
    channels: list[Channel]
    #: The `applicationServerKey` to subscribe with; null without Web Push.
    webpush_key: str | None
    devices: list[DeviceResponse]
