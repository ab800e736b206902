from __future__ import annotations

from tests.fixtures import PASSWORD


def test_signing_in_says_no_more_than_the_page_does(clinics, client):
    page = client.post(
        "/accounts/login/",
        {"login": clinics.nora.user.email, "password": PASSWORD},
        follow=True,
    )

    assert page.redirect_chain[-1][0] == "/console/"
    assert str(clinics.nora.user.id) not in page.content.decode()
    assert not list(page.context["messages"])
