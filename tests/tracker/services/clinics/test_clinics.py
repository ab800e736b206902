from __future__ import annotations

import re
from datetime import date, time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from tests.cast import MONDAY_EVENING as NOW
from tests.cast import PASSWORD, make_clinician
from tracker.models import AuditEvent, CareTeam, Clinic, EscalationPolicy, Holiday, StaffedHours
from tracker.services.clinics import care_teams, clinics
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


def test_a_new_clinic_has_hours_a_team_and_a_ladder_for_each_priority(db):
    open_clinic()

    hours = StaffedHours.objects.values_list("weekday", "opens", "closes")
    assert list(hours) == [(day, time(8), time(17)) for day in range(5)]
    team = CareTeam.objects.get()
    ladders = {each.priority: each.steps.count() for each in team.policies.all()}
    assert ladders == {"P0": 3, "P1": 3, "P2": 2, "P3": 2}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time_zone": "Mars/Base"}, "time zone"),
        ({"time_zone": "../../etc/localtime"}, "time zone"),
        ({"admin_email": "nobody"}, "--admin-email"),
    ],
)
def test_create_clinic_refuses_in_words_and_leaves_nothing(db, options, words):
    with pytest.raises(CommandError, match=words):
        open_clinic(**options)

    assert not Clinic.objects.exists()


def set_hours(cast, *spans: Span) -> None:
    clinics.set_staffed_hours(Context(cast.ada, NOW), clinic=cast.clinic, spans=spans)


def test_the_week_is_replaced_as_a_whole(cast):
    set_hours(cast, Span(6, time(9), time(12)), Span(6, time(13), time(15)))

    assert StaffedHours.objects.filter(clinic=cast.clinic).count() == 2
    assert StaffedHours.objects.filter(clinic=cast.other_clinic).count() == 5


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, time(17), time(8))],
        [Span(0, time(8), time(8))],
        [Span(0, time(8), time(12)), Span(0, time(11), time(15))],
    ],
)
def test_hours_that_end_before_they_start_or_overlap_are_refused(cast, spans):
    with pytest.raises(clinics.StaffedHoursInvalid):
        set_hours(cast, *spans)


def test_a_clinic_that_is_never_staffed_is_refused(cast):
    with pytest.raises(clinics.ClinicNeverStaffed):
        set_hours(cast)


def test_naming_a_holiday_again_renames_it(cast):
    for name in ("Holiday", "Memorial Day"):
        clinics.add_holiday(
            Context(cast.ada, NOW), clinic=cast.clinic, holiday_date=date(2026, 5, 25), name=name
        )

    assert Holiday.objects.get().name == "Memorial Day"


def test_what_an_administrator_changes_is_audited(cast):
    clinics.change(
        Context(cast.ada, NOW),
        clinic=cast.clinic,
        name="Harbor Spine Clinic",
        time_zone="America/Chicago",
        phone="",
        emergency_number="911",
    )

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id) == ("clinic.change", cast.ada.id)


def set_ladder(cast, *steps: Step, priority: str = "P0", repeats: int = 0) -> EscalationPolicy:
    return policies.set_ladder(
        Context(cast.ada, NOW), care_team=cast.team, priority=priority, steps=steps, repeats=repeats
    )


def test_a_ladder_is_replaced_step_by_step(cast):
    policy = set_ladder(
        cast,
        Step(delay_minutes=0, clinician_id=cast.phil.id),
        Step(delay_minutes=5, role="nurse"),
    )

    steps = [(each.position, each.delay_minutes, each.role) for each in policy.steps.all()]
    assert steps == [(1, 0, ""), (2, 5, "nurse")]


NURSE = Step(delay_minutes=1, role="nurse")


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([], policies.LadderWithoutSteps),
        ([NURSE] * 11, policies.LadderTooLong),
        ([NURSE, Step(delay_minutes=0, role="nurse")], policies.LadderDelayInvalid),
        ([Step(delay_minutes=7 * 24 * 60 + 1, role="nurse")], policies.LadderDelayInvalid),
        ([Step(delay_minutes=0, role="physical_therapist")], policies.LadderReachesNobody),
    ],
)
def test_a_ladder_that_could_end_in_silence_is_refused(cast, steps, error):
    with pytest.raises(error):
        set_ladder(cast, *steps)

    assert EscalationPolicy.objects.get(care_team=cast.team, priority="P0").steps.count() == 2


@pytest.mark.parametrize("count", [1, 10])
def test_a_ladder_has_one_to_ten_steps(cast, count):
    assert set_ladder(cast, *[NURSE] * count).steps.count() == count


@pytest.mark.parametrize("repeats", [-1, 4])
def test_a_ladder_is_repeated_three_times_at_most(cast, repeats):
    set_ladder(cast, NURSE, repeats=3)

    with pytest.raises(policies.LadderRepeatsInvalid):
        set_ladder(cast, NURSE, repeats=repeats)


def test_a_person_without_an_address_does_not_make_a_ladder_reach_anyone(cast):
    silent = make_clinician(cast.team, "Tess Therapist", role="physical_therapist", reachable=False)

    with pytest.raises(policies.LadderReachesNobody):
        set_ladder(cast, Step(delay_minutes=0, clinician_id=silent.id))


def test_a_person_of_another_clinic_is_told_nothing(cast):
    with pytest.raises(IntegrityError, match="same_clinic_clinician"):
        set_ladder(cast, Step(delay_minutes=0, clinician_id=cast.mallory.id))


def test_a_team_is_renamed_and_its_members_named(cast):
    care_teams.change(
        Context(cast.ada, NOW), care_team=cast.team, name="Back team", members=[cast.phil]
    )

    cast.team.refresh_from_db()
    assert (cast.team.name, list(cast.team.clinicians.all())) == ("Back team", [cast.phil])


def test_two_teams_of_a_clinic_do_not_share_a_name(cast):
    second = care_teams.create(Context(cast.ada, NOW), clinic=cast.clinic, name="Back team")

    with pytest.raises(care_teams.CareTeamNameTaken):
        care_teams.create(Context(cast.ada, NOW), clinic=cast.clinic, name="Back team")
    with pytest.raises(care_teams.CareTeamNameTaken):
        care_teams.change(Context(cast.ada, NOW), care_team=second, name=cast.team.name, members=[])
