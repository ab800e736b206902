"""One's own phone number: a code is sent to it, and entered here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tracker.console.access import Access, DeskRequest, page
from tracker.console.forms.base import DeskForm
from tracker.console.forms.numbers import CodeForm, NumberForm
from tracker.services.people import phone_verification


@require_http_methods(["GET", "HEAD", "POST"])
@page(Access.SEAT)
def ask(request: DeskRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = NumberForm(request.POST)
    if not form.submit(phone_verification.ask, request.context):
        return _page(request, ask=form)
    messages.success(request, "A code is on its way. It is good for ten minutes.")
    return redirect("console:number")


@require_POST
@page(Access.SEAT)
def confirm(request: DeskRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.submit(phone_verification.confirm, request.context):
        return _page(request, confirm=form)
    messages.success(request, "The number is confirmed: urgent notices go there, too.")
    return redirect("console:number")


@require_POST
@page(Access.SEAT)
def remove(request: DeskRequest) -> HttpResponse:
    phone_verification.remove(request.context)
    messages.success(request, "No more messages go to that number.")
    return redirect("console:number")


def _page(
    request: DeskRequest, *, ask: DeskForm | None = None, confirm: DeskForm | None = None
) -> HttpResponse:
    context = {
        "number": phone_verification.of(request.seat),
        "is_available": phone_verification.is_available(),
        "ask": ask or NumberForm(),
        "confirm": confirm or CodeForm(),
    }
    is_refused = ask is not None or confirm is not None
    return render(request, "console/number.html", context, status=422 if is_refused else 200)
