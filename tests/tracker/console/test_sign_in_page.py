from __future__ import annotations

from tests.cast import PASSWORD


def test_signing_in_shows_no_message_with_a_user_id(cast, client):
    page = client.post(
        "/accounts/login/",
        {"login": cast.nora.user.email, "password": PASSWORD},
        follow=True,
    )

    assert page.redirect_chain[-1][0] == "/console/"
    assert str(cast.nora.user.id) not in page.content.decode()
    assert not list(page.context["messages"])
