from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from notifications.models import ContactPoint, Recipient
from tests.api_client import ApiClient, code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.models import (
    AuditEvent,
    Consent,
    Episode,
    Invitation,
    Patient,
    PatientTimeZone,
    User,
)
from tracker.services.context import Context
from tracker.services.people import consent, invitations
from tracker.services.people.tokens import hash_token, make_token


@pytest.fixture
def invitation(clinics, _monday_evening) -> tuple[Patient, str]:
    """Dora, whom the clinic has invited, and the token in her mail."""
    dora = Patient.objects.create(
        clinic=clinics.clinic,
        care_team=clinics.team,
        full_name="Dora Doe",
        time_zone="America/New_York",
    )
    token = make_token()
    Invitation.objects.create(
        clinic=clinics.clinic,
        kind="patient",
        email="dora@patients.test",
        patient=dora,
        token_hash=hash_token(token),
        created_at=MONDAY_EVENING,
        expires_at=MONDAY_EVENING + timedelta(hours=72),
    )
    return dora, token


def body(token: str, /, **changed) -> dict:
    return {
        "token": token,
        "password": "a long and quiet evening",
        "birth_date": "1980-05-17",
        "time_zone": "Europe/Berlin",
        "consent": {"text_version": consent.VERSION, "agreed": True},
        **changed,
    }


def test_an_invitation_becomes_an_account_with_a_diary(invitation):
    dora, token = invitation

    answer = ApiClient().post("enrolment", body(token, device_name="Dora's phone"))

    assert answer.status_code == 201, answer.content
    dora.refresh_from_db()
    assert dora.user.email == "dora@patients.test"
    assert dora.birth_date == date(1980, 5, 17)
    assert dora.enrolled_at is not None
    assert dora.reminder_time == time(20)
    assert dora.reminder_slots.get().remind_at is not None
    episode = Episode.objects.get(patient=dora)
    assert episode.index_date == date(2026, 3, 3)  # in Berlin
    assert episode.next_close_at is not None
    assert PatientTimeZone.objects.get(patient=dora).time_zone == "Europe/Berlin"
    assert Consent.objects.get(patient=dora).text_version == consent.VERSION
    assert Recipient.objects.get(pk=dora.recipient_id).time_zone == "Europe/Berlin"
    point = ContactPoint.objects.usable().get(recipient_id=dora.recipient_id)
    assert (point.channel, point.address) == ("email", "dora@patients.test")
    assert AuditEvent.objects.filter(action="patient.enrol", actor_id=dora.id).count() == 1
    phone = ApiClient(answer.json()["token"])
    assert phone.put("diary/2026-03-03", entry()).status_code == 201


def test_the_new_account_signs_in(invitation):
    _, token = invitation
    ApiClient().post("enrolment", body(token))

    answer = ApiClient().post(
        "auth/login", {"email": "dora@patients.test", "password": "a long and quiet evening"}
    )

    assert answer.status_code == 200, answer.content
    phone = ApiClient(answer.json()["token"])
    assert phone.get("me").json()["full_name"] == "Dora Doe"


def test_an_invitation_works_once(invitation):
    _, token = invitation
    ApiClient().post("enrolment", body(token))

    assert code_of(ApiClient().post("enrolment", body(token))) == "invitation_invalid"
    assert User.objects.filter(email="dora@patients.test").count() == 1


def test_the_recipient_of_a_used_invitation_is_removed(invitation, clinics):
    dora, _ = invitation
    issued = invitations.invite_again(
        Context(clinics.nora, MONDAY_EVENING), patient=dora, email="dora@patients.test"
    )

    ApiClient().post("enrolment", body(issued.token))

    assert not Recipient.objects.filter(pk=issued.invitation.recipient_id).exists()


def test_the_episode_that_the_clinic_prepared_is_kept(invitation):
    dora, token = invitation
    prepared = Episode.objects.create(
        clinic=dora.clinic, patient=dora, index_date=date(2026, 2, 20)
    )

    ApiClient().post("enrolment", body(token))

    assert Episode.objects.get(patient=dora) == prepared
    prepared.refresh_from_db()
    assert prepared.index_date == date(2026, 2, 20)
    assert prepared.next_close_at is not None


@pytest.mark.parametrize(
    ("born", "status"), [("2008-03-04", 403), ("2008-03-03", 201), ("2026-03-04", 403)]
)
def test_who_is_under_18_on_their_own_date_is_refused(invitation, born, status):
    _, token = invitation

    answer = ApiClient().post("enrolment", body(token, birth_date=born))

    assert answer.status_code == status
    if status == 403:
        assert code_of(answer) == "under_age"
        assert not User.objects.filter(email="dora@patients.test").exists()


def test_another_birth_date_than_the_clinics_is_refused(invitation):
    dora, token = invitation
    Patient.objects.filter(pk=dora.pk).update(birth_date=date(1980, 5, 18))

    assert code_of(ApiClient().post("enrolment", body(token))) == "birth_date_differs"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"consent": {"text_version": "2020-01", "agreed": True}}, "consent_outdated"),
        ({"consent": {"text_version": consent.VERSION, "agreed": False}}, "invalid"),
        ({"consent": None}, "invalid"),
        ({"time_zone": "Mars/Base"}, "invalid"),
        ({"time_zone": "../../etc/localtime"}, "invalid"),
        ({"password": "short"}, "password_refused"),
        ({"password": "dora@patients.test"}, "password_refused"),
        ({"reminder_time": "25:00"}, "invalid"),
        ({"birth_date": "0001-01-01"}, "birth_date_unlikely"),
        ({"is_staff": True}, "invalid"),
        ({"token": "x" * 40}, "invitation_invalid"),
    ],
)
def test_an_invalid_enrolment_is_refused_and_stores_nothing(invitation, changed, code):
    dora, token = invitation

    answer = ApiClient().post("enrolment", body(token, **changed))

    assert code_of(answer) == code
    dora.refresh_from_db()
    assert dora.user is None
    assert not Consent.objects.exists()
    assert Invitation.objects.get(used_at=None)


def test_an_address_that_has_an_account_is_refused(invitation, clinics):
    _, token = invitation
    Invitation.objects.update(email=clinics.bob.user.email)

    answer = ApiClient().post("enrolment", body(token))

    assert answer.status_code == 409
    assert code_of(answer) == "account_exists"


def test_a_reminder_time_of_null_turns_reminders_off(invitation):
    dora, token = invitation

    ApiClient().post("enrolment", body(token, reminder_time=None))

    dora.refresh_from_db()
    assert not dora.reminder_slots.exists()


def test_the_consent_text_says_what_the_diary_is_not(invitation):
    _, token = invitation

    answer = ApiClient().post("consent-text", {"token": token})

    assert answer.json()["text_version"] == consent.VERSION
    words = answer.json()["text"]
    for part in ("not monitored around the clock", "not an emergency service", "911", "988"):
        assert part in words
    assert "555-0100" in words
    assert "Monday 08:00-17:00" in words
    assert "not screened" in words


def test_the_consent_text_needs_an_invitation(db):
    assert code_of(ApiClient().post("consent-text", {"token": "x" * 40})) == "invitation_invalid"


def test_guesses_of_invitations_are_limited(db):
    answers = [ApiClient().post("consent-text", {"token": f"{n:040}"}) for n in range(21)]

    assert answers[-1].status_code == 429
    assert code_of(answers[-1]) == "rate_limited"
    assert int(answers[-1].headers["Retry-After"]) <= 61


def test_a_refusal_repeats_nothing_that_was_sent(invitation):
    _, token = invitation

    answer = ApiClient().post("enrolment", body(token, time_zone="CANARY", birth_date="1980-13-01"))

    assert paths_of(answer) == {"birth_date": "time_invalid"}
    assert b"CANARY" not in answer.content
