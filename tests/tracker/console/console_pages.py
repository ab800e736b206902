"""Every page of the console, from its URL patterns, with ids of one clinic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.fixtures import TwoClinics
from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tracker.console.access import Access
from tracker.console.urls import urlpatterns
from tracker.models import Flag, Holiday, Invitation, Rotation
from tracker.services.clinics import clinics as clinic_services
from tracker.services.context import Context
from tracker.services.episodes import episodes
from tracker.services.people import invitations

METHODS = ("get", "post")


@dataclass
class Page:
    name: str
    url: str
    access: Access
    has_ids: bool

    @property
    def is_of_patients(self) -> bool:
        return self.access == Access.CLINICIAN


def ids_of(clinics: TwoClinics, flag: Flag) -> dict[str, object]:
    """Return an id of Harbor Clinic for each parameter of the URLs."""
    holiday = Holiday.objects.filter(clinic=clinics.clinic).first() or clinic_services.add_holiday(
        Context(clinics.ada, NOW), clinic=clinics.clinic, holiday_date=NOW.date(), name="Day off"
    )
    invitation = Invitation.objects.filter(clinic=clinics.clinic).first() or (
        invitations.invite_patient(
            Context(clinics.ada, NOW),
            care_team=clinics.team,
            email="new@patients.test",
            full_name="Nell New",
            birth_date=None,
            sex="unknown",
        ).invitation
    )
    period = clinics.episode.excused_periods.first() or episodes.excuse(
        Context(clinics.nora, NOW),
        episode=clinics.episode,
        from_date=NOW.date(),
        until_date=NOW.date(),
        reason="Travel",
    )
    rotation = Rotation.objects.filter(clinic=clinics.clinic).first() or clinic_data.make_rotation(
        clinics, at=NOW
    )
    return {
        "rotation_id": rotation.id,
        "override_id": rotation.overrides.get().id,
        "flag_id": flag.id,
        "message_id": clinic_data.leave_unread(clinics, at=NOW).id,
        "patient_id": clinics.alice.id,
        "line_id": clinics.episode.planned_measures.first().id,
        "period_id": period.id,
        "clinician_id": clinics.phil.id,
        "invitation_id": invitation.id,
        "team_id": clinics.team.id,
        "priority": "P1",
        "holiday_id": holiday.id,
        "token": "not-a-token",
    }


def pages_of(clinics: TwoClinics, flag: Flag) -> list[Page]:
    ids = ids_of(clinics, flag)
    found = []
    for pattern in urlpatterns:
        needed = {name: ids[name] for name in pattern.pattern.converters}
        url = reverse(f"console:{pattern.name}", kwargs=needed)
        has_ids = any(name.endswith("_id") for name in needed)
        found.append(Page(pattern.name, url, pattern.callback.access, has_ids))
    return found


def visits(client: Client, pages: list[Page]) -> Iterator[tuple[Page, str, Any]]:
    """Open each page by each method that it takes."""
    for page in pages:
        for method in METHODS:
            answer = getattr(client, method)(page.url)
            if answer.status_code != 405:
                yield page, f"{method} {page.name}", answer


def readable(client: Client, pages: list[Page]) -> Iterator[tuple[Page, Any]]:
    """Open each page that this client may read."""
    for page in pages:
        answer = client.get(page.url)
        if answer.status_code == 200:
            yield page, answer
