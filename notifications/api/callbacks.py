"""Callbacks: providers report what became of a message, and can do nothing else.

A report without a valid signature is refused. A signed report about something unknown, known
already or over is answered like any other: a provider that is refused would repeat it.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import clock
from notifications.api import signatures
from notifications.channels.base import Callback, Channel, ForgedReceipt, Receipt
from notifications.models import ContactPoint
from notifications.services.deliveries import receipts

#: What each status of a report means, as fields of `Receipt`.
REPORTS: dict[str, dict[str, Any]] = {
    "delivered": {"is_delivered": True},
    "failed": {"is_delivered": False},
    "bounced": {"is_delivered": False, "is_address_refused": True},
    "opted_out": {"is_delivered": False, "disables": ContactPoint.DisabledReason.OPTED_OUT},
}


def url_of(channel: Channel, callback: Callback) -> URLPattern | URLResolver:
    """Return the URL at which the channel's receipts arrive."""
    if callback.included:
        return path(callback.path, include(callback.included))

    @csrf_exempt
    @require_POST
    def receive(request: HttpRequest, **arguments: Any) -> HttpResponse:
        assert callback.read is not None
        try:
            receipt = callback.read(request, **arguments)
        except ForgedReceipt:
            return HttpResponse(status=403)
        if receipt is not None:
            receipts.record(receipt, channel=channel.name, at=clock.now())
        return HttpResponse(status=204)

    return path(callback.path, receive, name=f"{channel.name}-receipt")


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """A report by any other system that has our secret, signed as a Standard Webhook.

    `{"delivery_id": ..., "channel": ..., "status": one of REPORTS}`
    """
    secret = settings.RECEIPTS_SECRET
    if not secret or not signatures.is_standard(request.headers, request.body, secret):
        return HttpResponse(status=403)
    try:
        said = json.loads(request.body)
        channel, status = str(said["channel"]), said["status"]
        receipt = Receipt(
            delivery_id=UUID(said["delivery_id"]), code=f"reported_{status}", **REPORTS[status]
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return HttpResponse(status=400)
    receipts.record(receipt, channel=channel, at=clock.now())
    return HttpResponse(status=204)
