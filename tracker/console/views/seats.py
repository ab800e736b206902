from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tracker.console.access import Access, DeskRequest, choose_seat, page, seats_of


@require_http_methods(["GET", "POST"])
@page(Access.ACCOUNT)
def choose(request: DeskRequest) -> HttpResponse:
    if request.method == "POST":
        choose_seat(request, _uuid(request.POST.get("seat", "")))
        return redirect("console:worklist")
    return render(request, "console/seats.html", {"seats": seats_of(request)})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
