"""The desk's addresses. Each names things by random ids, never by what they say."""

from __future__ import annotations

from django.urls import path

from .views import (
    care_plans,
    clinic,
    diary,
    episodes,
    flags,
    joining,
    patients,
    people,
    rules,
    seats,
    teams,
    worklist,
)

app_name = "console"

urlpatterns = [
    path("", worklist.show, name="worklist"),
    path("seats/", seats.choose, name="seats"),
    path("join/<str:token>", joining.join, name="join"),
    path("flags/<uuid:flag_id>/", flags.show, name="flag"),
    path("flags/<uuid:flag_id>/acknowledge/", flags.acknowledge, name="acknowledge"),
    path("flags/<uuid:flag_id>/review/", flags.review, name="review"),
    path("patients/", patients.index, name="patients"),
    path("patients/<uuid:patient_id>/", patients.show, name="patient"),
    path("patients/<uuid:patient_id>/describe/", patients.describe, name="describe_patient"),
    path("patients/<uuid:patient_id>/diary/", diary.show, name="diary"),
    path("patients/<uuid:patient_id>/episode/", episodes.edit, name="episode"),
    path("patients/<uuid:patient_id>/episode/end/", episodes.end, name="end_episode"),
    path(
        "patients/<uuid:patient_id>/thresholds/",
        rules.patient_numbers,
        name="patient_thresholds",
    ),
    path("patients/<uuid:patient_id>/excuse/", episodes.excuse, name="excuse"),
    path(
        "patients/<uuid:patient_id>/excused/<int:period_id>/stop/",
        episodes.stop_excusing,
        name="stop_excusing",
    ),
    path("patients/<uuid:patient_id>/plan/add/", care_plans.add, name="add_line"),
    path("plan/<uuid:line_id>/change/", care_plans.change, name="change_line"),
    path("plan/<uuid:line_id>/end/", care_plans.end, name="end_line"),
    path("plan/<uuid:line_id>/waive/", care_plans.waive, name="waive_line"),
    path("people/", people.index, name="people"),
    path("people/invite/", people.invite_clinician, name="invite_clinician"),
    path("people/<uuid:clinician_id>/", people.edit, name="clinician"),
    path("invitations/", people.invitations_sent, name="invitations"),
    path("invitations/patient/", people.invite_patient, name="invite_patient"),
    path("invitations/<uuid:invitation_id>/resend/", people.resend, name="resend"),
    path("invitations/<uuid:invitation_id>/revoke/", people.revoke, name="revoke"),
    path("teams/", teams.index, name="teams"),
    path("teams/<uuid:team_id>/", teams.edit, name="team"),
    path("teams/<uuid:team_id>/ladders/<str:priority>/", teams.ladder, name="ladder"),
    path("alerts/", rules.burden, name="alert_burden"),
    path("clinic/rules/", rules.versions, name="rules"),
    path("clinic/rules/trial/", rules.start_trial, name="start_trial"),
    path("clinic/rules/trial/stop/", rules.stop_trial, name="stop_trial"),
    path("clinic/thresholds/", rules.numbers, name="thresholds"),
    path("clinic/", clinic.settings, name="clinic"),
    path("clinic/hours/", clinic.hours, name="hours"),
    path("clinic/holidays/", clinic.holidays, name="holidays"),
    path("clinic/holidays/<int:holiday_id>/remove/", clinic.remove_holiday, name="remove_holiday"),
]
