"""The phone number of a clinician: verified by a code sent by SMS."""

from __future__ import annotations

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import ServiceError

CHANNEL = "sms"
PAGE = "/console/me/notices/number/"


class NumberInvalid(ServiceError):
    """Enter the number with its country code, such as +1 555 010 0100."""

    code = "number_invalid"


class TooManyCodes(ServiceError):
    """Three codes were sent within an hour. Try again in an hour."""

    code = "too_many_codes"
    status = 429


class NoSms(ServiceError):
    """SMS is not configured on the server."""

    code = "channel_unavailable"
    status = 409


class CodeWrong(ServiceError):
    """The code is wrong, has expired or was tried too often. Request a new one."""

    code = "code_wrong"


def of(clinician: Clinician) -> str | None:
    """Return the number that is in use."""
    known = outbox.addresses(clinician.recipient_id, CHANNEL)
    return known[0].address if known else None


def is_available() -> bool:
    return outbox.is_channel_configured(CHANNEL)


@transaction.atomic
def ask(context: Context[Clinician], *, number: str) -> None:
    """Send a code to the number. Raises NoSms, NumberInvalid, TooManyCodes."""
    if not is_available():
        raise NoSms
    bare = "".join(each for each in number if each.isdigit() or each == "+")
    try:
        outbox.send_code(
            recipient_id=context.actor.recipient_id,
            channel=CHANNEL,
            address=bare,
            link=PAGE,
            at=context.at,
        )
    except outbox.UnusableAddress:
        raise NumberInvalid from None
    except outbox.TooManyCodes:
        raise TooManyCodes from None
    audit.record(context, "clinician.number_ask", context.actor)


def confirm(context: Context[Clinician], *, code: str) -> None:
    """Verify the code and use the number from now on. Raises CodeWrong; the try is counted."""
    with transaction.atomic():
        is_right = outbox.confirm_code(
            recipient_id=context.actor.recipient_id, code=code.strip(), at=context.at
        )
        if is_right:
            audit.record(context, "clinician.number_confirm", context.actor)
    if not is_right:
        raise CodeWrong


@transaction.atomic
def remove(context: Context[Clinician]) -> None:
    """Send no more SMS."""
    for point in outbox.addresses(context.actor.recipient_id, CHANNEL):
        outbox.remove_contact_point(
            recipient_id=context.actor.recipient_id, contact_point_id=point.pk, at=context.at
        )
    audit.record(context, "clinician.number_remove", context.actor)
