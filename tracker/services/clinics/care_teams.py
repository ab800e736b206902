"""Care teams: who answers for which patients."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from tracker.models import CareTeam, CareTeamMembership, Clinic, Clinician
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import policies


class CareTeamNameTaken(ServiceError):
    """Another care team of this clinic has that name."""

    code = "care_team_name_taken"


@transaction.atomic
def create(context: Context[Actor], *, clinic: Clinic, name: str) -> CareTeam:
    """Add a team, with ladders that work as soon as it has a nurse or a physician."""
    if CareTeam.objects.filter(clinic=clinic, name=name).exists():
        raise CareTeamNameTaken
    care_team = CareTeam.objects.create(clinic=clinic, name=name)
    policies.create_defaults(care_team=care_team)
    audit.record(context, "care_team.create", care_team)
    return care_team


@transaction.atomic
def change(
    context: Context[Clinician], *, care_team: CareTeam, name: str, members: Iterable[Clinician]
) -> CareTeam:
    """Rename a team and say who is in it."""
    others = CareTeam.objects.filter(clinic_id=care_team.clinic_id, name=name)
    if others.exclude(id=care_team.id).exists():
        raise CareTeamNameTaken
    care_team.name = name
    care_team.save(update_fields=["name"])
    care_team.memberships.all().delete()
    for clinician in members:
        join(care_team=care_team, clinician=clinician)
    audit.record(context, "care_team.change", care_team)
    return care_team


def join(*, care_team: CareTeam, clinician: Clinician) -> CareTeamMembership:
    return CareTeamMembership.objects.create(
        clinic_id=care_team.clinic_id, care_team=care_team, clinician=clinician
    )
