"""The settings of a clinic: time zone, staffed hours, holidays."""

from __future__ import annotations

from tests.tracker.console.console_client import post
from tracker.models import (
    Holiday,
    StaffedHours,
)


def test_staffed_hours_are_saved_for_a_week(clinics, ada):
    post(ada, "/console/clinic/hours/", opens_0_0="09:00", closes_0_0="12:00")

    (span,) = StaffedHours.objects.filter(clinic=clinics.clinic)
    assert (span.weekday, f"{span.opens:%H:%M}", f"{span.closes:%H:%M}") == (0, "09:00", "12:00")


def test_staffed_hours_with_only_one_time_are_refused(clinics, ada):
    answer = post(ada, "/console/clinic/hours/", opens_0_0="09:00")

    assert answer.status_code == 422
    assert "Give both times, or neither." in answer.content.decode()
    assert StaffedHours.objects.filter(clinic=clinics.clinic).count() == 5


def test_a_holiday_is_added_and_removed(clinics, ada):
    post(ada, "/console/clinic/holidays/", holiday_date="2026-05-25", name="Memorial Day")
    holiday = Holiday.objects.get()
    post(ada, f"/console/clinic/holidays/{holiday.id}/remove/")

    assert not Holiday.objects.exists()


def test_the_time_zone_of_a_clinic_is_changed(clinics, ada):
    fields = {"name": "Harbor", "phone": "", "emergency_number": "112"}
    refused = post(ada, "/console/clinic/", time_zone="Mars/Base", **fields)
    post(ada, "/console/clinic/", time_zone="Europe/Vienna", **fields)

    clinics.clinic.refresh_from_db()
    assert refused.status_code == 422
    assert (clinics.clinic.time_zone, clinics.clinic.emergency_number) == ("Europe/Vienna", "112")
