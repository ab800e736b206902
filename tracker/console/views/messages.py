"""Messages that patients do not read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tracker.console.access import Access, DeskRequest, page
from tracker.services.errors import NotFound
from tracker.services.reviews import clinic_messages


@require_POST
@page(Access.CLINICIAN)
def deal_with(request: DeskRequest, message_id: UUID) -> HttpResponse:
    try:
        clinic_messages.deal_with(request.context, message_id=message_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, "The message is off the worklist.")
    return redirect("console:worklist")
