from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tracker.console.access import Access, DeskRequest, page
from tracker.models import CareTeam
from tracker.services import audit
from tracker.services.queries import worklist
from tracker.services.reviews import clinic_messages


class Whose(TypedDict):
    mine: bool
    care_team_id: UUID | None


@require_safe
@page(Access.SEAT)
def show(request: DeskRequest) -> HttpResponse:
    """Who needs a clinician, most urgent first."""
    seat = request.seat
    if not seat.sees_diaries:
        return redirect("console:people")
    teams = list(CareTeam.objects.filter(clinic_id=seat.clinic_id))
    chosen = request.GET.get("team", "")
    whose: Whose = {"mine": chosen == "mine", "care_team_id": _team_id(chosen, teams)}
    rows = worklist.rows(clinician=seat, **whose)
    patients = worklist.patients_of(clinician=seat, **whose)
    audit.record(request.context, "worklist.read", seat.clinic, subject_id=chosen)
    context = {
        "rows": [row for row in rows if row.has_ladder],
        "unread": clinic_messages.returned(patients=patients),
        "listed": [row for row in rows if not row.has_ladder],
        "teams": teams,
        "chosen": chosen,
    }
    return render(request, "console/worklist.html", context)


def _team_id(chosen: str, teams: list[CareTeam]) -> UUID | None:
    """A team that is not the clinic's chooses nothing."""
    return next((team.id for team in teams if str(team.id) == chosen), None)
