from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tracker.console.access import Access, ConsoleRequest, choose_membership, memberships_of, page


@require_http_methods(["GET", "POST"])
@page(Access.ACCOUNT)
def choose(request: ConsoleRequest) -> HttpResponse:
    if request.method == "POST":
        choose_membership(request, _uuid(request.POST.get("membership", "")))
        return redirect("console:worklist")
    return render(request, "console/memberships.html", {"memberships": memberships_of(request)})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
