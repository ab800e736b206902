"""Inviting clinic staff and patients, and accepting an invitation."""

from __future__ import annotations

import re

from django.test import Client

from tests.fixtures import PASSWORD
from tests.tracker.console.console_client import post, signed_in
from tracker.models import (
    Invitation,
    User,
)


def invite(client: Client, **fields) -> str:
    """The link, which is shown in this one answer."""
    typed = {"full_name": "Nina Novak", "email": "nina@harbor.test", "role": "nurse", **fields}
    html = post(client, "/console/people/invite/", **typed).content.decode()
    (link,) = re.findall(r'value="http://testserver(/console/join/[^"]+)"', html)
    return link


def test_someone_invited_joins_and_signs_in(ada):
    link = invite(ada)
    newcomer = Client()
    assert "Join Harbor Clinic" in newcomer.get(link).content.decode()

    joined = post(
        newcomer, link, full_name="Nina Novak", password=PASSWORD, password_again=PASSWORD
    )

    assert joined.redirect_chain == [("/accounts/login/", 302)]
    signed = post(newcomer, "/accounts/login/", login="nina@harbor.test", password=PASSWORD)
    assert "Alice Avery" in signed.content.decode()


def test_opening_the_link_without_posting_does_not_use_it(ada):
    link = invite(ada)

    for _ in range(3):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200

    assert Invitation.objects.get(kind="clinician").used_at is None


def test_the_link_is_shown_only_once(ada):
    link = invite(ada)

    assert link not in ada.get("/console/invitations/").content.decode()


def test_a_weak_password_is_refused_with_a_reason(ada):
    link = invite(ada)

    answer = post(
        Client(), link, full_name="N", password="password1234", password_again="password12345"
    )

    assert answer.status_code == 422
    assert "too common" in answer.content.decode()
    assert not User.objects.filter(email="nina@harbor.test").exists()


def test_an_invited_user_with_an_account_signs_in_before_accepting(clinics, ada):
    link = invite(ada, email=clinics.mallory.user.email)
    assert "Sign in with it first" in Client().get(link).content.decode()

    mallory = signed_in(clinics.mallory)
    post(mallory, link)

    assert clinics.mallory.user.clinicians.count() == 2
    assert "Alice Avery" in mallory.get("/console/").content.decode()


def test_another_signed_in_user_cannot_accept_the_invitation(clinics, ada):
    link = invite(ada, email=clinics.mallory.user.email)

    answer = post(signed_in(clinics.nora), link)

    assert answer.status_code == 403
    assert clinics.mallory.user.clinicians.count() == 1


def test_an_unknown_link_is_refused_with_advice(db):
    answer = Client().get("/console/join/nonsense")

    assert answer.status_code == 400
    assert "Ask your clinic for a new one" in answer.content.decode()


def test_the_link_of_a_revoked_invitation_does_not_work(ada):
    link = invite(ada)
    sent = Invitation.objects.get(kind="clinician")

    post(ada, f"/console/invitations/{sent.id}/revoke/")

    assert Client().get(link).status_code == 400


def test_a_nurse_invites_patients_but_not_colleagues(clinics, nora):
    html = post(
        nora,
        "/console/invitations/patient/",
        full_name="Pat Park",
        email="pat@patients.test",
        sex="female",
        care_team=str(clinics.team.id),
    ).content.decode()

    assert re.search(r'value="http://testserver/invitation#[\w-]{43}"', html)
    assert nora.get("/console/people/invite/").status_code == 404


def test_the_patient_invitation_page_does_not_receive_the_code(db):
    answer = Client().get("/invitation")

    assert answer.status_code == 200
    assert "everything after the <strong>#</strong>" in answer.content.decode()


def test_nobody_signs_up_without_an_invitation(db):
    answer = Client().post(
        "/accounts/signup/", {"email": "eve@evil.test", "password1": PASSWORD}, follow=True
    )

    assert not User.objects.exists()
    assert answer.status_code in {200, 403, 404}
