from __future__ import annotations

from tests.fixtures import PASSWORD


def test_signing_in_shows_no_message_with_a_user_id(clinics, client):
    page = client.post(
        "/accounts/login/",
        {"login": clinics.nora.user.email, "password": PASSWORD},
        follow=True,
    )

    assert page.redirect_chain[-1][0] == "/console/"
    assert str(clinics.nora.user.id) not in page.content.decode()
    assert not list(page.context["messages"])
