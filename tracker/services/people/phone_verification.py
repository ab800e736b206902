"""The phone number of a clinician: told by SMS once a code from there was entered here."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician
from tracker.services import audit
from tracker.services.errors import ServiceError

CHANNEL = "sms"
PAGE = "/console/me/notices/number/"


class NumberInvalid(ServiceError):
    """Write the number with its country, such as +1 555 010 0100."""

    code = "number_invalid"


class TooManyCodes(ServiceError):
    """Three codes were sent within an hour. Wait a while, then ask again."""

    code = "too_many_codes"
    status = 429


class NoSms(ServiceError):
    """This installation sends no SMS."""

    code = "channel_unavailable"
    status = 409


class CodeWrong(ServiceError):
    """This is not the code, or it is too old, or it was tried too often. Ask for another."""

    code = "code_wrong"


def of(clinician: Clinician) -> str | None:
    """The number that is in use."""
    known = outbox.addresses(clinician.recipient_id, CHANNEL)
    return known[0].address if known else None


def is_available() -> bool:
    return outbox.is_channel_configured(CHANNEL)


@transaction.atomic
def ask(*, by: Clinician, number: str, at: datetime) -> None:
    """Send a code to the number. Raises NoSms, NumberInvalid, TooManyCodes."""
    if not is_available():
        raise NoSms
    bare = "".join(each for each in number if each.isdigit() or each == "+")
    try:
        outbox.send_code(
            recipient_id=by.recipient_id, channel=CHANNEL, address=bare, link=PAGE, at=at
        )
    except outbox.UnusableAddress:
        raise NumberInvalid from None
    except outbox.TooManyCodes:
        raise TooManyCodes from None
    _audit("clinician.number_ask", by, at)


def confirm(*, by: Clinician, code: str, at: datetime) -> None:
    """Use the number from now on. Raises CodeWrong, after the try was counted."""
    with transaction.atomic():
        is_right = outbox.confirm_code(recipient_id=by.recipient_id, code=code.strip(), at=at)
        if is_right:
            _audit("clinician.number_confirm", by, at)
    if not is_right:
        raise CodeWrong


@transaction.atomic
def remove(*, by: Clinician, at: datetime) -> None:
    """Send no more SMS."""
    for point in outbox.addresses(by.recipient_id, CHANNEL):
        outbox.remove_contact_point(recipient_id=by.recipient_id, contact_point_id=point.pk, at=at)
    _audit("clinician.number_remove", by, at)


def _audit(action: str, by: Clinician, at: datetime) -> None:
    audit.record(action=action, by=by, at=at, clinic_id=by.clinic_id, subject_id=by.id)
