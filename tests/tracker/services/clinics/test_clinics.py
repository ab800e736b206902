from __future__ import annotations

import re
from datetime import date, time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from tests.fixtures import MONDAY_EVENING as NOW
from tests.fixtures import PASSWORD, make_clinician
from tracker.models import AuditEvent, CareTeam, Clinic, EscalationPolicy, Holiday, StaffedHours
from tracker.services.clinics import care_teams
from tracker.services.clinics import clinics as clinic_services
from tracker.services.clinics.clinics import Span
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import policies
from tracker.services.escalations.policies import Step
from tracker.services.people import staff


def open_clinic(**options) -> str:
    said = StringIO()
    call_command(
        "create_clinic",
        **{
            "name": "Lakeside Clinic",
            "time_zone": "Europe/Vienna",
            "admin_email": "boss@lakeside.test",
            **options,
        },
        stdout=said,
    )
    return said.getvalue()


def test_create_clinic_prints_a_link_that_makes_its_administrator(db):
    said = open_clinic()

    (token,) = re.findall(r"http://localhost:8000/console/join/(\S+)", said)
    clinic = Clinic.objects.get()
    boss = staff.join_with_new_account(
        Context(SYSTEM, clinic.created_at), token=token, full_name="Bea Boss", password=PASSWORD
    )
    assert (boss.clinic, boss.is_administrator, boss.sees_diaries) == (clinic, True, False)


def test_a_new_clinic_has_hours_a_team_and_a_policy_for_each_priority(db):
    open_clinic()

    hours = StaffedHours.objects.values_list("weekday", "opens", "closes")
    assert list(hours) == [(day, time(8), time(17)) for day in range(5)]
    team = CareTeam.objects.get()
    escalations = {each.priority: each.steps.count() for each in team.policies.all()}
    assert escalations == {"P0": 3, "P1": 3, "P2": 2, "P3": 2}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time_zone": "Mars/Base"}, "time zone"),
        ({"time_zone": "../../etc/localtime"}, "time zone"),
        ({"admin_email": "nobody"}, "--admin-email"),
    ],
)
def test_create_clinic_reports_a_refusal_and_stores_nothing(db, options, words):
    with pytest.raises(CommandError, match=words):
        open_clinic(**options)

    assert not Clinic.objects.exists()


def set_hours(clinics, *spans: Span) -> None:
    clinic_services.set_staffed_hours(Context(clinics.ada, NOW), clinic=clinics.clinic, spans=spans)


def test_the_week_is_replaced_as_a_whole(clinics):
    set_hours(clinics, Span(6, time(9), time(12)), Span(6, time(13), time(15)))

    assert StaffedHours.objects.filter(clinic=clinics.clinic).count() == 2
    assert StaffedHours.objects.filter(clinic=clinics.other_clinic).count() == 5


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, time(17), time(8))],
        [Span(0, time(8), time(8))],
        [Span(0, time(8), time(12)), Span(0, time(11), time(15))],
    ],
)
def test_hours_that_end_before_they_start_or_overlap_are_refused(clinics, spans):
    with pytest.raises(clinic_services.StaffedHoursInvalid):
        set_hours(clinics, *spans)


def test_a_clinic_that_is_never_staffed_is_refused(clinics):
    with pytest.raises(clinic_services.ClinicNeverStaffed):
        set_hours(clinics)


def test_naming_a_holiday_again_renames_it(clinics):
    for name in ("Holiday", "Memorial Day"):
        clinic_services.add_holiday(
            Context(clinics.ada, NOW),
            clinic=clinics.clinic,
            holiday_date=date(2026, 5, 25),
            name=name,
        )

    assert Holiday.objects.get().name == "Memorial Day"


def test_what_an_administrator_changes_is_audited(clinics):
    clinic_services.change(
        Context(clinics.ada, NOW),
        clinic=clinics.clinic,
        name="Harbor Spine Clinic",
        time_zone="America/Chicago",
        phone="",
        emergency_number="911",
    )

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id) == ("clinic.change", clinics.ada.id)


def set_policy(clinics, *steps: Step, priority: str = "P0", repeats: int = 0) -> EscalationPolicy:
    return policies.set_policy(
        Context(clinics.ada, NOW),
        care_team=clinics.team,
        priority=priority,
        steps=steps,
        repeats=repeats,
    )


def test_a_policy_is_replaced_step_by_step(clinics):
    policy = set_policy(
        clinics,
        Step(delay_minutes=0, clinician_id=clinics.phil.id),
        Step(delay_minutes=5, role="nurse"),
    )

    steps = [(each.position, each.delay_minutes, each.role) for each in policy.steps.all()]
    assert steps == [(1, 0, ""), (2, 5, "nurse")]


NURSE = Step(delay_minutes=1, role="nurse")


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([], policies.PolicyWithoutSteps),
        ([NURSE] * 11, policies.PolicyTooLong),
        ([NURSE, Step(delay_minutes=0, role="nurse")], policies.PolicyDelayInvalid),
        ([Step(delay_minutes=7 * 24 * 60 + 1, role="nurse")], policies.PolicyDelayInvalid),
        ([Step(delay_minutes=0, role="physical_therapist")], policies.PolicyReachesNobody),
    ],
)
def test_a_policy_that_could_end_in_silence_is_refused(clinics, steps, error):
    with pytest.raises(error):
        set_policy(clinics, *steps)

    assert EscalationPolicy.objects.get(care_team=clinics.team, priority="P0").steps.count() == 2


@pytest.mark.parametrize("count", [1, 10])
def test_a_policy_has_one_to_ten_steps(clinics, count):
    assert set_policy(clinics, *[NURSE] * count).steps.count() == count


@pytest.mark.parametrize("repeats", [-1, 4])
def test_a_policy_is_repeated_three_times_at_most(clinics, repeats):
    set_policy(clinics, NURSE, repeats=3)

    with pytest.raises(policies.PolicyRepeatsInvalid):
        set_policy(clinics, NURSE, repeats=repeats)


def test_a_person_without_an_address_does_not_make_a_policy_reach_anyone(clinics):
    silent = make_clinician(
        clinics.team, "Tess Therapist", role="physical_therapist", reachable=False
    )

    with pytest.raises(policies.PolicyReachesNobody):
        set_policy(clinics, Step(delay_minutes=0, clinician_id=silent.id))


def test_a_person_of_another_clinic_is_told_nothing(clinics):
    with pytest.raises(IntegrityError, match="same_clinic_clinician"):
        set_policy(clinics, Step(delay_minutes=0, clinician_id=clinics.mallory.id))


def test_a_team_is_renamed_and_its_members_named(clinics):
    care_teams.change(
        Context(clinics.ada, NOW), care_team=clinics.team, name="Back team", members=[clinics.phil]
    )

    clinics.team.refresh_from_db()
    assert (clinics.team.name, list(clinics.team.clinicians.all())) == ("Back team", [clinics.phil])


def test_two_teams_of_a_clinic_do_not_share_a_name(clinics):
    second = care_teams.create(Context(clinics.ada, NOW), clinic=clinics.clinic, name="Back team")

    with pytest.raises(care_teams.CareTeamNameTaken):
        care_teams.create(Context(clinics.ada, NOW), clinic=clinics.clinic, name="Back team")
    with pytest.raises(care_teams.CareTeamNameTaken):
        care_teams.change(
            Context(clinics.ada, NOW), care_team=second, name=clinics.team.name, members=[]
        )
