from __future__ import annotations

import re

import pytest

from notifications.models import Notification
from tests.fixtures import TwoClinics

PAGE = "/console/me/notices/number/"
NUMBER = "+15005550006"


@pytest.fixture(autouse=True)
def _sms(settings):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "a token"


def test_a_clinician_confirms_a_number_and_takes_it_back(clinics: TwoClinics, nora):
    nora.post(PAGE, {"number": "+1 500 555-0006"})
    code = Notification.objects.get(kind="verification").code
    assert NUMBER not in nora.get(PAGE).content.decode()

    nora.post(f"{PAGE}confirm/", {"code": code})
    assert NUMBER in nora.get(PAGE).content.decode()

    nora.post(f"{PAGE}remove/")
    assert NUMBER not in nora.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("path", "typed", "says"),
    [
        ("", {"number": "555"}, "with its country"),
        ("confirm/", {"code": "000000"}, "This is not the code"),
    ],
)
def test_what_is_not_right_is_asked_for_again(nora, path, typed, says):
    answer = nora.post(PAGE + path, typed)

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_a_wrong_code_is_counted(clinics: TwoClinics, nora):
    nora.post(PAGE, {"number": NUMBER})
    code = Notification.objects.get(kind="verification").code
    for _ in range(5):
        nora.post(f"{PAGE}confirm/", {"code": str((int(code) + 1) % 1_000_000).zfill(6)})

    assert nora.post(f"{PAGE}confirm/", {"code": code}).status_code == 422


def test_too_many_codes_are_refused(nora):
    for _ in range(3):
        nora.post(PAGE, {"number": NUMBER})

    answer = nora.post(PAGE, {"number": NUMBER})
    assert re.search("Three codes were sent", answer.content.decode())
