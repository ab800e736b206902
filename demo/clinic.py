"""Open the clinic as its people would: by a command, mails and links."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command

import clock
from demo.cohort import Person
from demo.mailbox import Mailbox
from demo.people import (
    ADMINISTRATOR,
    CLINIC,
    CLINIC_PHONE,
    CLINIC_ZONE,
    NURSE,
    PHYSICIAN,
    SECOND_PHYSICIAN,
    STAFF,
    Staff,
)
from demo.timeline import Timeline
from tracker.models import Clinician, Patient, Priority, Rotation
from tracker.services.clinics import clinics
from tracker.services.context import SYSTEM, Context
from tracker.services.episodes import care_plans, episodes
from tracker.services.escalations import policies
from tracker.services.on_call import rotations
from tracker.services.people import invitations, staff

HOURS = tuple(clinics.Span(weekday, time(8), time(17, 30)) for weekday in range(5))

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "island",
          "juniper", "kayak", "lagoon", "maple", "nectar", "otter", "pebble")  # fmt: skip


def password(seed: int) -> str:
    """Return the one password of all accounts of the demo."""
    return "-".join([*Random(f"password/{seed}").sample(_WORDS, 3), str(1000 + seed % 9000)])  # noqa: S311 - the demo only


@dataclass(frozen=True, slots=True)
class Clinic:
    administrator: Clinician
    nurse: Clinician
    physician: Clinician
    mailbox: Mailbox

    def register(self, person: Person) -> None:
        """Begin an episode with a care plan, and invite the patient to the app."""
        at = clock.now()
        team = self.nurse.memberships.get().care_team
        issued = invitations.invite_patient(
            Context(self.nurse, at),
            care_team=team,
            email=person.email,
            full_name=person.name,
            birth_date=person.birth_date,
            sex=person.sex,
        )
        patient = issued.invitation.patient
        assert patient is not None
        self._plan(patient, person)

    def _plan(self, patient: Patient, person: Person) -> None:
        at = clock.now()
        dates = episodes.Dates(
            index_date=person.index_date,
            onset_date=person.onset_date,
            conservative_min_days=person.story.min_days,
        )
        episode = episodes.start(Context(self.physician, at), patient=patient, dates=dates)
        for planned in person.story.plan:
            care_plans.add(
                Context(self.physician, at),
                episode=episode,
                line=_line(planned),
                from_date=person.index_date,
            )


def open_clinic(mailbox: Mailbox, timeline: Timeline, *, secret: str) -> Clinic:
    """Create the clinic, its staff, its hours and its on-call rotation."""
    output = io.StringIO()
    call_command(
        "create_clinic",
        name=CLINIC,
        time_zone=CLINIC_ZONE,
        phone=CLINIC_PHONE,
        admin_email=ADMINISTRATOR.email,
        admin_name=ADMINISTRATOR.name,
        stdout=output,
    )
    link = next(word for word in output.getvalue().split() if word.startswith("http"))
    administrator = _join(link, ADMINISTRATOR, secret)
    clinics.set_staffed_hours(
        Context(administrator, clock.now()), clinic=administrator.clinic, spans=HOURS
    )
    people = {
        person: _hire(person, administrator, mailbox, timeline, secret=secret) for person in STAFF
    }
    clinic = Clinic(administrator, people[NURSE], people[PHYSICIAN], mailbox)
    _set_up_on_call(clinic, [people[PHYSICIAN], people[SECOND_PHYSICIAN]])
    return clinic


def _set_up_on_call(clinic: Clinic, physicians: Sequence[Clinician]) -> None:
    """Put the physicians on call for a week each, after the nurse."""
    at = clock.now()
    today = at.astimezone(clinic.administrator.clinic.zone).date()
    rotation = rotations.save(
        Context(clinic.administrator, at),
        rotation=Rotation(clinic=clinic.administrator.clinic),
        name="Physician on call",
        turn_days=Rotation.Turn.WEEKLY,
        hand_over_time=time(8),
        first_date=today - timedelta(days=today.weekday()),
        members=physicians,
    )
    policies.set_policy(
        Context(clinic.administrator, at),
        care_team=clinic.nurse.memberships.get().care_team,
        priority=Priority.P1,
        steps=[
            policies.Step(delay_minutes=0, role=Clinician.Role.NURSE),
            policies.Step(delay_minutes=120, rotation_id=rotation.pk),
            policies.Step(delay_minutes=60, role=Clinician.Role.PHYSICIAN),
        ],
    )


def _hire(
    person: Staff, administrator: Clinician, mailbox: Mailbox, timeline: Timeline, *, secret: str
) -> Clinician:
    invitations.invite_clinician(
        Context(administrator, clock.now()),
        clinic=administrator.clinic,
        email=person.email,
        full_name=person.name,
        role=person.role,
        is_administrator=person.is_administrator,
    )
    timeline.run_due()
    return _join(mailbox.to(person.email)[-1].links[0], person, secret)


def _join(link: str, person: Staff, secret: str) -> Clinician:
    token = urlsplit(link).path.rstrip("/").rpartition("/")[2]
    return staff.join_with_new_account(
        Context(SYSTEM, clock.now()), token=token, full_name=person.name, password=secret
    )


def shorten_p0_policy(clinic: Clinic) -> None:
    """Make the steps of P0 one minute long, so that one can watch an escalation to its end."""
    people = {
        name: Clinician.objects.get(full_name=name)
        for name in (NURSE.name, PHYSICIAN.name, SECOND_PHYSICIAN.name)
    }
    policies.set_policy(
        Context(clinic.administrator, clock.now()),
        care_team=clinic.nurse.memberships.get().care_team,
        priority=Priority.P0,
        steps=[
            policies.Step(delay_minutes=min(position, 1), clinician_id=people[name].pk)
            for position, name in enumerate(people)
        ],
    )


def _line(planned: dict[str, Any]) -> care_plans.Line:
    """Return a measure of the replay contract as a line of the care plan."""
    ingredients = tuple(care_plans.Ingredient(**one) for one in planned.get("ingredients", ()))
    product = " and ".join(f"{one.name.capitalize()} {one.mg} mg" for one in ingredients)
    return care_plans.Line(
        measure=planned["measure"],
        sessions_per_week=planned.get("sessions_per_week"),
        product=product,
        ingredients=ingredients,
        route=planned.get("route", ""),
        prescribed=planned.get("prescribed", False),
        doses_per_day=planned.get("doses_per_day"),
    )
