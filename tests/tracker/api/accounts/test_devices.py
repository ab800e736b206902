from __future__ import annotations

import json
from uuid import uuid4

import pytest

from notifications.channels import webpush
from notifications.models import ContactPoint
from tests.api_client import ApiClient, code_of, paths_of
from tests.peers.browser import Browser, vapid_key
from tracker.models import AuditEvent

TOKEN = "0123456789abcdef" * 4
IPHONE = {"channel": "apns", "token": TOKEN}
ANDROID = {"channel": "fcm", "token": "x" * 160}


@pytest.fixture(autouse=True)
def _channels(settings):
    settings.APNS_KEY = "a key"
    settings.FCM_SERVICE_ACCOUNT = "{}"
    settings.WEBPUSH_PRIVATE_KEY = vapid_key()
    settings.WEBPUSH_SERVICES = ["https://push.example.org"]


def browser() -> dict:
    endpoint = "https://push.example.org/1"
    return {"channel": "webpush", "endpoint": endpoint, "keys": Browser().keys}


def push_addresses(who) -> set[tuple[str, str]]:
    points = ContactPoint.objects.usable().filter(recipient_id=who.recipient_id)
    return set(points.exclude(channel="email").values_list("channel", "address"))


@pytest.mark.parametrize("body", [IPHONE, ANDROID, browser()], ids=["apns", "fcm", "webpush"])
def test_a_device_registers_itself(clinics, alice, body):
    answer = alice.post("devices", body)

    assert answer.status_code == 201, answer.content
    assert push_addresses(clinics.alice) == {
        (body["channel"], body.get("token") or body["endpoint"])
    }
    [shown] = alice.get("devices").json()["devices"]
    assert shown == answer.json()
    assert shown["channel"] == body["channel"]


def test_a_browsers_keys_are_kept_for_the_sender(clinics, alice):
    body = browser()
    alice.post("devices", body)

    point = ContactPoint.objects.get(recipient_id=clinics.alice.recipient_id, channel="webpush")
    assert json.loads(point.secret) == body["keys"]


def test_a_browser_learns_the_key_to_subscribe_with(alice, settings):
    answer = alice.get("devices").json()

    assert answer["channels"] == ["fcm", "apns", "webpush"]
    assert answer["webpush_key"] == webpush.public_key()
    settings.WEBPUSH_PRIVATE_KEY = ""
    assert alice.get("devices").json()["webpush_key"] is None


def test_the_same_device_again_is_the_same_device(clinics, alice):
    first, again = (alice.post("devices", IPHONE).json()["id"] for _ in range(2))

    assert first == again


def test_a_phone_that_changes_hands_belongs_to_its_new_owner_only(clinics, alice):
    alice.post("devices", IPHONE)
    ApiClient.signed_in(clinics.bob).post("devices", IPHONE)

    assert push_addresses(clinics.alice) == set()
    assert push_addresses(clinics.bob) == {("apns", TOKEN)}


def test_a_removed_device_gets_nothing_and_cannot_be_removed_twice(clinics, alice):
    device = alice.post("devices", IPHONE).json()["id"]

    assert alice.delete(f"devices/{device}").status_code == 204

    assert push_addresses(clinics.alice) == set()
    assert code_of(alice.delete(f"devices/{device}")) == "not_found"


def test_nobody_removes_a_device_of_others(clinics, alice):
    device = alice.post("devices", IPHONE).json()["id"]

    assert code_of(ApiClient.signed_in(clinics.bob).delete(f"devices/{device}")) == "not_found"
    assert code_of(ApiClient.signed_in(clinics.bob).delete(f"devices/{uuid4()}")) == "not_found"
    assert push_addresses(clinics.alice) == {("apns", TOKEN)}


def test_a_channel_that_is_not_configured_is_refused(alice, settings):
    settings.APNS_KEY = ""

    assert code_of(alice.post("devices", IPHONE)) == "channel_unavailable"


@pytest.mark.parametrize(
    "body",
    [
        {**IPHONE, "token": "not hexadecimal"},
        {**ANDROID, "token": ""},
        {**browser(), "endpoint": "https://evil.example.org/1"},
        {**browser(), "keys": {"p256dh": "x", "auth": "y"}},
    ],
)
def test_an_invalid_address_of_a_channel_is_refused(alice, body):
    assert code_of(alice.post("devices", body)) == "device_invalid"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**IPHONE, "user_id": 7}, "user_id"),
        ({"channel": "pigeon", "loft": 4}, "channel"),
        ({"channel": "sms", "token": "+15005550006"}, "channel"),
        ({"channel": "fcm"}, "token"),
        ({**IPHONE, "token": "0" * 5000}, "token"),
    ],
)
def test_an_invalid_body_is_refused(alice, body, path):
    answer = alice.post("devices", body)

    assert code_of(answer) == "invalid"
    assert set(paths_of(answer)) == {path}


def test_each_request_leaves_an_audit_row(clinics, alice):
    device = alice.post("devices", IPHONE).json()["id"]
    alice.get("devices")
    alice.delete(f"devices/{device}")

    lines = AuditEvent.objects.filter(action__startswith="device.").order_by("id")
    assert [line.action for line in lines] == ["device.register", "device.list", "device.remove"]
    assert not any(TOKEN in str(vars(line)) for line in lines)


def test_signing_out_stops_notifications_to_that_device(clinics, alice):
    tablet = ApiClient.signed_in(clinics.alice)
    alice.post("devices", IPHONE)
    tablet.post("devices", ANDROID)

    alice.delete("auth/session")

    assert push_addresses(clinics.alice) == {("fcm", ANDROID["token"])}


def test_a_new_address_of_a_phone_replaces_the_former_one(clinics, alice):
    alice.post("devices", ANDROID)
    alice.post("devices", {**ANDROID, "token": "y" * 160})

    assert push_addresses(clinics.alice) == {("fcm", "y" * 160)}
