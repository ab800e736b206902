"""The main story: conservative care fails, and a clinician answers."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.faults.database import until
from tests.fixtures import PASSWORD
from tests.journeys.patient_app import PatientApp
from tests.smtp import Mail
from tracker.models import Escalation, Flag, Patient
from tracker.services.context import Context
from tracker.services.people import invitations

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 3, 2)
DAY_42 = MONDAY + timedelta(days=41)
#: what the patient writes; it must not be in any mail
CANARY = "canary-words-of-a-patient"


@pytest.mark.parametrize("has_broker", [True, False], ids=["broker", "no broker throughout"])
def test_six_weeks_without_effect_reach_a_clinician_and_the_patient_hears_back(system):
    phone = system.patient_app()
    dana = enrol_dana(system, phone)

    # Six weeks of exercises, tablets and heat every day, and the pain stays the same.
    for offset in range(42):
        day = MONDAY + timedelta(days=offset)
        system.travel_to(phone.instant(day, 20, 1))
        phone.log_day(day, pain_average=6, walking=1)

    # At noon after day 42 the rule fires. It is a working day: Nora is notified at once.
    system.travel_to(phone.instant(phone.next(DAY_42), 12))
    first = system.mail_to("nora@harbor.test")
    flag = Flag.objects.get(patient=dana, rule="CC-FAIL")
    assert (flag.day, flag.priority, flag.state) == (42, "P3", "open")

    # Nobody acknowledges, so the next person is notified.
    system.travel_to(phone.instant(phone.next(DAY_42), 12, 16))
    second = system.mail_to("phil@harbor.test")
    path = link_of(second, system.address)
    assert path == f"/console/flags/{flag.id}/"

    # Phil opens the worklist and acknowledges: the escalation stops.
    console = system.console()
    console.sign_in("phil@harbor.test", PASSWORD)
    assert "Dana Dunn" in console.open("/console/")
    console.acknowledge(path)
    escalation = Escalation.objects.get(flag=flag)
    assert (escalation.state, escalation.next_step_at) == ("acknowledged", None)

    # He reviews the flag: it closes, and the patient gets a message in the app and a mail.
    console.review(
        path,
        str(flag.id),
        decision="refer",
        referrals=["pain_management"],
        orders=["mri"],
        message="You did everything we asked. Let us look further together.",
    )
    flag.refresh_from_db()
    assert (flag.state, flag.escalations.get().state) == ("closed", "resolved")
    news = system.mail_to("dana@patients.test", "Lumbar: a message for you")
    (message,) = phone.now()["messages"]
    assert message["text"].startswith("You did everything we asked.")

    # No mail contains health data.
    for mail in [first, second, news, *system.smtp.mails]:
        assert_neutral(mail)


def test_a_red_flag_at_night_returns_advice_and_notifies_clinicians(system):
    phone = system.patient_app()
    dana = enrol_dana(system, phone)

    system.travel_to(phone.instant(MONDAY, 23, 30))
    answer = phone.put(
        f"red-flag-checklists/{uuid4()}",
        {
            "at": phone.at(MONDAY, 23, 29),
            "submitted_at": phone.at(MONDAY, 23, 30),
            "answers": {"saddle_numbness": "yes", "bladder_change": "yes"},
            "note": CANARY,
        },
    )
    assert any(advice["urgency"] == "emergency" for advice in answer["must_read"]["advice"])

    system.mail_to("nora@harbor.test")
    system.travel_to(phone.instant(MONDAY, 23, 46))
    system.mail_to("phil@harbor.test")
    system.travel_to(phone.instant(phone.next(MONDAY), 0, 2))
    system.mail_to("ada@harbor.test", "Lumbar: nobody has answered")
    until(
        lambda: Escalation.objects.get(patient=dana).state == "exhausted",
        "an exhausted escalation",
        seconds=10,
    )

    console = system.console()
    console.sign_in("nora@harbor.test", PASSWORD)
    (flag,) = Flag.objects.filter(patient=dana, rule="RF-CES")
    console.acknowledge(f"/console/flags/{flag.id}/")
    assert flag.escalations.get().state == "acknowledged"
    for mail in system.smtp.mails:
        assert_neutral(mail)


def enrol_dana(system, phone: PatientApp) -> Patient:
    """Invited by Nora, with a plan: exercises, naproxen twice a day, warmth every day."""
    system.travel_to(phone.instant(MONDAY, 9))
    invited = invitations.invite_patient(
        Context(system.clinics.nora, phone.instant(MONDAY, 9)),
        care_team=system.clinics.team,
        email="dana@patients.test",
        full_name="Dana Dunn",
        birth_date=None,
        sex="female",
    )
    text = phone.enrol(invited.token, birth_date=date(1980, 5, 17), password=PASSWORD)
    assert "not monitored around the clock" in text["text"]
    dana = Patient.objects.get(full_name="Dana Dunn")
    plan = dana.episodes.get().planned_measures
    for line in (
        {"measure": "home_exercise", "sessions_per_week": 6},
        {"measure": "hot_compress", "sessions_per_week": 7},
        {
            "measure": "medication",
            "ingredients": [{"name": "naproxen", "mg": 250, "max_mg_per_day": 1000}],
            "route": "oral",
            "prescribed": True,
            "doses_per_day": 2,
        },
    ):
        plan.create(clinic=system.clinics.clinic, from_date=MONDAY, **line)
    return dana


def link_of(mail: Mail, address: str) -> str:
    (link,) = (word for word in mail.message.get_content().split() if word.startswith(address))
    return urlsplit(link).path


def assert_neutral(mail: Mail) -> None:
    said = mail.raw.decode().lower()
    for word in ("dana", "dunn", "pain", "naproxen", "exercise", "cc-fail", "saddle", CANARY):
        assert word not in said.replace("dana@patients.test", ""), word
