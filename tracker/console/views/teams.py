"""Care teams and their escalation policies."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from tracker.console.access import Access, ConsoleRequest, page, typed
from tracker.console.forms.clinic import EscalationPolicyForm
from tracker.console.forms.people import CareTeamForm, CareTeamMembersForm
from tracker.models import CareTeam, EscalationPolicy
from tracker.services.clinics import care_teams
from tracker.services.escalations import policies
from tracker.services.queries import escalation_policies

editing = require_http_methods(["GET", "HEAD", "POST"])


@editing
@page(Access.ADMINISTRATOR)
def index(request: ConsoleRequest) -> HttpResponse:
    form = CareTeamForm(typed(request))
    if request.method == "POST" and form.submit(
        care_teams.create, request.context, clinic=request.membership.clinic
    ):
        messages.success(request, "Care team created. Now add its members.")
        return redirect("console:teams")
    teams = CareTeam.objects.filter(clinic_id=request.membership.clinic_id)
    rows = [
        (
            team,
            list(team.clinicians.active()),
            escalation_policies.priorities_without_recipient(team),
        )
        for team in teams
    ]
    context = {"rows": rows, "form": form}
    return render(request, "console/teams.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def edit(request: ConsoleRequest, team_id: UUID) -> HttpResponse:
    team = _team(request, team_id)
    form = CareTeamMembersForm(
        typed(request),
        clinic=request.membership.clinic,
        initial={"name": team.name, "members": list(team.clinicians.active())},
    )
    if request.method == "POST" and form.submit(care_teams.change, request.context, care_team=team):
        messages.success(request, "Saved.")
        return redirect("console:team", team_id=team.id)
    context = {
        "team": team,
        "form": form,
        "policies": escalation_policies.policies_of(team, request.at),
    }
    return render(request, "console/team.html", context, status=422 if form.errors else 200)


def _team(request: ConsoleRequest, team_id: UUID) -> CareTeam:
    return get_object_or_404(
        CareTeam.objects.filter(clinic_id=request.membership.clinic_id), id=team_id
    )


@editing
@page(Access.ADMINISTRATOR)
def escalation_policy(request: ConsoleRequest, team_id: UUID, priority: str) -> HttpResponse:
    team = _team(request, team_id)
    if priority not in policies.POLICY_PRIORITIES:
        raise Http404
    policy = EscalationPolicy.objects.filter(care_team=team, priority=priority).first()
    form = EscalationPolicyForm(typed(request), clinic=request.membership.clinic, policy=policy)
    if request.method == "POST" and form.submit(
        policies.set_policy, request.context, care_team=team, priority=priority
    ):
        messages.success(request, f"{priority} escalation policy saved. It applies to new flags.")
        return redirect("console:team", team_id=team.id)
    context = {
        "team": team,
        "priority": priority,
        "form": form,
        "unreachable": escalation_policies.unreachable_people(team),
    }
    return render(
        request, "console/escalation_policy.html", context, status=422 if form.errors else 200
    )
