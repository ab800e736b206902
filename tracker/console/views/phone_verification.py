"""One's own phone number: a code is sent to it, and entered here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tracker.console.access import Access, ConsoleRequest, page
from tracker.console.forms.base import ConsoleForm
from tracker.console.forms.phone_verification import CodeForm, PhoneNumberForm
from tracker.services.people import phone_verification


@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.MEMBER)
def ask(request: ConsoleRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = PhoneNumberForm(request.POST)
    if not form.submit(phone_verification.ask, request.context):
        return _page(request, ask=form)
    messages.success(request, "We sent you a code. It expires in ten minutes.")
    return redirect("console:phone_number")


@require_POST
@page(Access.MEMBER)
def confirm(request: ConsoleRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.submit(phone_verification.confirm, request.context):
        return _page(request, confirm=form)
    messages.success(request, "Number confirmed. Urgent notifications are sent there, too.")
    return redirect("console:phone_number")


@require_POST
@page(Access.MEMBER)
def remove(request: ConsoleRequest) -> HttpResponse:
    phone_verification.remove(request.context)
    messages.success(request, "Number removed. No more messages are sent to it.")
    return redirect("console:phone_number")


def _page(
    request: ConsoleRequest, *, ask: ConsoleForm | None = None, confirm: ConsoleForm | None = None
) -> HttpResponse:
    context = {
        "number": phone_verification.of(request.membership),
        "is_available": phone_verification.is_available(),
        "ask": ask or PhoneNumberForm(),
        "confirm": confirm or CodeForm(),
    }
    is_refused = ask is not None or confirm is not None
    return render(request, "console/phone_number.html", context, status=422 if is_refused else 200)
