"""The people of a clinic, and their own quiet hours."""

from __future__ import annotations

import re

from notifications.models import ContactPoint
from tests.tracker.console.console_client import post
from tracker.models import (
    Clinician,
)


def test_a_deactivated_clinician_loses_access(clinics, ada, nora):
    post(ada, f"/console/people/{clinics.nora.id}/", full_name="Nora Nurse", role="nurse")

    assert not Clinician.objects.get(id=clinics.nora.id).is_active
    assert nora.get("/console/").status_code == 403


def test_every_member_sets_their_own_quiet_hours(clinics, nora):
    typed = {"time_zone": "Europe/Vienna", "quiet_from": "22:00", "quiet_until": "07:00"}
    assert "Saved." in post(nora, "/console/me/notices/", **typed).content.decode()

    refused = post(nora, "/console/me/notices/", time_zone="Europe/Vienna", quiet_from="22:00")
    assert refused.status_code == 422
    assert "Enter both times or neither" in refused.content.decode()
    html = nora.get("/console/me/notices/").content.decode()
    assert re.findall(r'value="(2[0-9]:00|0[0-9]:00)"', html) == ["22:00", "07:00"]


def test_a_member_without_a_working_address_is_warned(clinics, nora):
    ContactPoint.objects.filter(recipient_id=clinics.nora.recipient_id).delete()

    assert "No notification can reach you" in nora.get("/console/me/notices/").content.decode()
