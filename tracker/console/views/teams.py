"""Care teams and their ladders."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from notifications import outbox
from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.clinic import LadderForm
from tracker.console.forms.people import CareTeamForm, CareTeamMembersForm
from tracker.models import CareTeam, Clinician, EscalationPolicy
from tracker.services.clinics import care_teams
from tracker.services.escalations import policies, timetable
from tracker.services.on_call import duty

editing = require_http_methods(["GET", "HEAD", "POST"])


@editing
@page(Access.ADMINISTRATOR)
def index(request: DeskRequest) -> HttpResponse:
    form = CareTeamForm(typed(request))
    if request.method == "POST" and form.submit(
        care_teams.create, request.context, clinic=request.seat.clinic
    ):
        messages.success(request, "The care team is there. Say who is in it.")
        return redirect("console:teams")
    teams = CareTeam.objects.filter(clinic_id=request.seat.clinic_id)
    rows = [(team, list(team.clinicians.active()), _silent(team)) for team in teams]
    context = {"rows": rows, "form": form}
    return render(request, "console/teams.html", context, status=422 if form.errors else 200)


def _silent(team: CareTeam) -> list[str]:
    """The priorities whose ladder would reach nobody."""
    return [
        priority
        for priority in policies.LADDER_PRIORITIES
        if not policies.reaches_somebody(care_team=team, priority=priority)
    ]


@editing
@page(Access.ADMINISTRATOR)
def edit(request: DeskRequest, team_id: UUID) -> HttpResponse:
    team = _team(request, team_id)
    form = CareTeamMembersForm(
        typed(request),
        clinic=request.seat.clinic,
        initial={"name": team.name, "members": list(team.clinicians.active())},
    )
    if request.method == "POST" and form.submit(care_teams.change, request.context, care_team=team):
        messages.success(request, "Saved.")
        return redirect("console:team", team_id=team.id)
    context = {"team": team, "form": form, "ladders": _ladders(team, request.at)}
    return render(request, "console/team.html", context, status=422 if form.errors else 200)


def _team(request: DeskRequest, team_id: UUID) -> CareTeam:
    return get_object_or_404(CareTeam.objects.filter(clinic_id=request.seat.clinic_id), id=team_id)


def _ladders(team: CareTeam, at: datetime) -> list[dict[str, object]]:
    """Each ladder with the people it would tell now, and which of them nothing reaches."""
    people = {each.id: each for each in Clinician.objects.filter(clinic_id=team.clinic_id)}
    repeats = dict(team.policies.values_list("priority", "repeats"))
    reachable = {key for key, each in people.items() if outbox.reachable(each.recipient_id)}
    return [
        {
            "priority": priority,
            "steps": [
                (rung, [(people[key], key in reachable) for key in _told(rung, at)])
                for rung in timetable.rungs_of(team, priority)
            ],
            "repeats": repeats.get(priority, 0),
            "reaches_somebody": policies.reaches_somebody(care_team=team, priority=priority),
        }
        for priority in policies.LADDER_PRIORITIES
    ]


def _told(rung: timetable.Rung, at: datetime) -> tuple[UUID, ...]:
    if rung.rotation is None:
        return rung.clinicians
    person = duty.person(rung.rotation, at)
    return (person,) if person else ()


@editing
@page(Access.ADMINISTRATOR)
def ladder(request: DeskRequest, team_id: UUID, priority: str) -> HttpResponse:
    team = _team(request, team_id)
    if priority not in policies.LADDER_PRIORITIES:
        raise Http404
    policy = EscalationPolicy.objects.filter(care_team=team, priority=priority).first()
    form = LadderForm(typed(request), clinic=request.seat.clinic, policy=policy)
    if request.method == "POST" and form.submit(
        policies.set_ladder, request.context, care_team=team, priority=priority
    ):
        messages.success(request, f"The {priority} ladder is saved. It holds for new flags.")
        return redirect("console:team", team_id=team.id)
    people = Clinician.objects.active().filter(clinic_id=team.clinic_id)
    unreachable = [each for each in people if not outbox.reachable(each.recipient_id)]
    context = {"team": team, "priority": priority, "form": form, "unreachable": unreachable}
    return render(request, "console/ladder.html", context, status=422 if form.errors else 200)
