from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from tests.api_client import ApiClient, code_of
from tests.fixtures import MONDAY_EVENING, PASSWORD
from tracker.models import SessionToken
from tracker.services.people import sessions


@pytest.fixture
def account(clinics, _monday_evening):
    return clinics.alice.user


def sign_in(account, password=PASSWORD, **fields) -> ApiClient:
    phone = ApiClient()
    answer = phone.post("auth/login", {"email": account.email, "password": password, **fields})
    assert answer.status_code == 200, answer.content
    phone.token = answer.json()["token"]
    return phone


def test_a_token_signs_in_and_is_kept_only_as_its_hash(account):
    phone = sign_in(account, device_name="Alice's phone")

    assert phone.get("me").json()["email"] == account.email
    session = SessionToken.objects.get()
    assert session.device_name == "Alice's phone"
    assert phone.token not in str(vars(session))
    assert phone.get("auth/session").json() == {"email": account.email}


def test_signing_out_ends_the_session_for_good(account):
    phone = sign_in(account)

    assert phone.delete("auth/session").status_code == 204

    assert code_of(phone.get("me")) == "not_authenticated"
    assert code_of(phone.get("auth/session")) == "not_authenticated"
    assert code_of(phone.delete("auth/session")) == "not_authenticated"


def test_signing_out_one_phone_keeps_the_other_signed_in(account):
    first, second = sign_in(account), sign_in(account)

    first.delete("auth/session")

    assert second.get("me").status_code == 200


def test_a_deactivated_account_is_signed_out_at_the_next_request(account):
    phone = sign_in(account)
    account.is_active = False
    account.save()

    assert phone.get("me").status_code == 401
    login = ApiClient().post("auth/login", {"email": account.email, "password": PASSWORD})
    assert code_of(login) == "not_authenticated"


def test_a_new_password_ends_the_sessions_of_the_other_phones(account):
    first, second = sign_in(account), sign_in(account)

    changed = first.post(
        "auth/password/change",
        {"current_password": PASSWORD, "new_password": "another horse and battery"},
    )

    assert changed.status_code == 204, changed.content
    assert first.get("me").status_code == 200
    assert second.get("me").status_code == 401


def test_a_phone_changes_its_password_again_and_again(account):
    phone = sign_in(account)

    for old, new in (
        (PASSWORD, "another horse and battery"),
        ("another horse and battery", "a third horse and battery"),
    ):
        sent = {"current_password": old, "new_password": new}
        assert phone.post("auth/password/change", sent).status_code == 204

    assert phone.get("me").status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "X-Session-Token"])
def test_the_key_of_a_django_session_is_not_a_token(account, header):
    sign_in(account)
    key = SessionToken.objects.get().session_key
    sent = {"current_password": PASSWORD, "new_password": "another horse and battery"}
    value = f"Bearer {key}" if header == "Authorization" else key

    answer = ApiClient().post("auth/password/change", sent, headers={header: value})

    assert code_of(answer) == "not_authenticated"


def test_signing_out_ends_the_django_session_too(account):
    phone = sign_in(account)
    key = SessionToken.objects.get().session_key
    assert Session.objects.filter(session_key=key).exists()

    phone.delete("auth/session")

    assert not Session.objects.filter(session_key=key).exists()


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(account):
    token = sessions.begin(user=account, device_name="", at=MONDAY_EVENING)
    for days in (29, 58, 87):
        assert sessions.find(token=token, at=MONDAY_EVENING + timedelta(days=days))
    assert not sessions.find(token=token, at=MONDAY_EVENING + timedelta(days=90))
    idle = sessions.begin(user=account, device_name="", at=MONDAY_EVENING)
    assert not sessions.find(token=idle, at=MONDAY_EVENING + timedelta(days=30))


def test_a_wrong_password_and_an_unknown_address_get_the_same_response(account):
    wrong = ApiClient().post("auth/login", {"email": account.email, "password": "wrong"})
    unknown = ApiClient().post("auth/login", {"email": "who@example.test", "password": "wrong"})

    assert code_of(wrong) == "credentials_invalid"
    assert wrong.status_code == 401
    assert wrong.content == unknown.content


def test_failed_sign_ins_are_limited(account):
    answers = [
        ApiClient().post("auth/login", {"email": account.email, "password": f"wrong {n}"})
        for n in range(7)
    ]

    assert answers[-1].status_code == 429
    assert code_of(answers[-1]) == "rate_limited"
    assert answers[-1].headers["Retry-After"] == "300"
    right = ApiClient().post("auth/login", {"email": account.email, "password": PASSWORD})
    assert code_of(right) == "rate_limited"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[" * 5000, "json_too_deep"),
        (b'{"email": "a@b.test", "email": "c@d.test", "password": "x"}', "duplicate_key"),
        ({"email": "a@b.test", "password": "x", "is_staff": True}, "invalid"),
        ({"email": "a@b.test"}, "invalid"),
        (b"", "unsupported_media_type"),
    ],
)
def test_the_sign_in_is_as_strict_as_the_rest(db, body, code):
    assert code_of(ApiClient().post("auth/login", body)) == code


@pytest.mark.parametrize("path", ["auth/signup", "auth/app/v1/auth/signup", "auth/email/verify"])
def test_nobody_signs_up_without_an_invitation(db, path):
    assert code_of(ApiClient().post(path, {})) == "not_found"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Token x"])
def test_an_invalid_token_is_not_authenticated(db, header):
    answer = ApiClient().get("me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert code_of(answer) == "not_authenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_signing_in_with_the_token_of_another_is_a_conflict(account, clinics):
    bob = ApiClient.signed_in(clinics.bob)

    answer = bob.post("auth/login", {"email": account.email, "password": PASSWORD})

    assert answer.status_code == 409
    assert bob.get("me").json()["full_name"] == "Bob Byrd"


def test_a_password_request_does_not_tell_who_has_an_account(account):
    known = ApiClient().post("auth/password/request", {"email": account.email})
    unknown = ApiClient().post("auth/password/request", {"email": "who@example.test"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.status_code == 204
