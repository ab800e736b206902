"""Care teams and their escalation policies."""

from __future__ import annotations

from notifications import outbox
from notifications.models import ContactPoint
from tests.tracker.console.console_client import post
from tracker.models import (
    CareTeam,
    EscalationPolicy,
)


def test_an_escalation_policy_is_saved_without_its_empty_lines(clinics, ada):
    post(
        ada,
        f"/console/teams/{clinics.team.id}/ladders/P1/",
        whom_1=f"person:{clinics.phil.id}",
        minutes_1="0",
        whom_3="role:nurse",
        minutes_3="20",
        repeats="2",
    )

    policy = EscalationPolicy.objects.get(care_team=clinics.team, priority="P1")
    assert [(step.position, step.delay_minutes) for step in policy.steps.all()] == [(1, 0), (2, 20)]
    assert policy.repeats == 2
    team = ada.get(f"/console/teams/{clinics.team.id}/").content.decode()
    assert "All steps are then repeated 2 times." in team


def test_an_escalation_policy_without_steps_is_refused(clinics, ada):
    answer = post(ada, f"/console/teams/{clinics.team.id}/ladders/P1/", repeats="0")

    assert answer.status_code == 422
    assert "at least one step" in answer.content.decode()


def test_people_without_an_address_are_marked_as_unreachable(clinics, ada):
    outbox.forget(recipient_id=clinics.nora.recipient_id)
    outbox.forget(recipient_id=clinics.phil.recipient_id)

    assert "No working address" in ada.get("/console/people/").content.decode()
    team = ada.get(f"/console/teams/{clinics.team.id}/").content.decode()
    assert "This escalation policy reaches nobody" in team
    assert "Nora Nurse: cannot be reached" in team
    assert "would reach nobody" in ada.get("/console/teams/").content.decode()
    policy = ada.get(f"/console/teams/{clinics.team.id}/ladders/P1/").content.decode()
    assert "Nora Nurse, Phil Physician: no working address" in policy


def test_an_escalation_policy_that_reaches_nobody_is_refused_and_the_old_one_kept(clinics, ada):
    ContactPoint.objects.filter(recipient_id=clinics.phil.recipient_id).delete()

    answer = post(
        ada,
        f"/console/teams/{clinics.team.id}/ladders/P1/",
        whom_1=f"person:{clinics.phil.id}",
        minutes_1="0",
        repeats="0",
    )

    assert answer.status_code == 422
    assert "Nobody in this escalation policy can be reached" in answer.content.decode()
    policy = EscalationPolicy.objects.get(care_team=clinics.team, priority="P1")
    assert [step.role for step in policy.steps.all()] == ["nurse", "physician"]


def test_a_new_team_has_default_escalation_policies(clinics, ada):
    post(ada, "/console/teams/", name="Neck team")

    team = CareTeam.objects.get(name="Neck team")
    assert team.policies.count() == 4
    post(ada, f"/console/teams/{team.id}/", name="Neck team", members=[str(clinics.nora.id)])
    assert list(team.clinicians.all()) == [clinics.nora]
