"""Doors for providers: they report what became of a message, and can do nothing else.

Whoever cannot sign is refused. A signed report of something unknown, known already or long
over is answered like any other: a provider that is refused reports it again and again.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import clock
from notifications.api import signatures
from notifications.channels import sms
from notifications.services.deliveries import receipts

ARRIVED = {"delivered", "read"}
FAILED = {"undelivered", "failed"}


@csrf_exempt
@require_POST
def twilio(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Twilio's status callback of one message."""
    given = request.headers.get("X-Twilio-Signature", "")
    url, form = sms.callback_url(delivery_id), dict(request.POST.lists())
    token = settings.TWILIO_AUTH_TOKEN
    if not token or not signatures.is_from_twilio(url, form, given, token):
        return HttpResponse(status=403)
    status, error = request.POST.get("MessageStatus"), request.POST.get("ErrorCode", "")
    known: dict[str, Any] = {"delivery_id": delivery_id, "channel": "sms", "at": clock.now()}
    if status in ARRIVED:
        receipts.record_delivered(**known)
    elif status in FAILED:
        number = int(error) if error.isascii() and error[:6].isdigit() else 0
        receipts.record_failed(
            **known, code=f"twilio_{status}_{number}", disables=sms.DISABLED_BY.get(number)
        )
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def receipt(request: HttpRequest) -> HttpResponse:
    """A report by any other system that holds our secret, signed as Standard Webhooks has it.

    `{"delivery_id": ..., "channel": ..., "status": "delivered" | "failed" | "opted_out"}`
    """
    secret = settings.RECEIPTS_SECRET
    if not secret or not signatures.is_standard(request.headers, request.body, secret):
        return HttpResponse(status=403)
    try:
        said = json.loads(request.body)
        known: dict[str, Any] = {
            "delivery_id": UUID(said["delivery_id"]),
            "channel": str(said["channel"]),
            "at": clock.now(),
        }
        status = REPORTS[said["status"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return HttpResponse(status=400)
    if status is None:
        receipts.record_delivered(**known)
    else:
        receipts.record_failed(**known, code=f"reported_{said['status']}", **status)
    return HttpResponse(status=204)


#: What each status says of the address; None for one that was reached.
REPORTS: dict[str, dict[str, Any] | None] = {
    "delivered": None,
    "failed": {},
    "bounced": {"is_refused": True},
    "opted_out": {"disables": receipts.Reason.OPTED_OUT},
}
