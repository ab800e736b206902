"""How allauth's headless flows find and create the Django session behind a phone's token."""

from __future__ import annotations

from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.http import HttpRequest

from tracker.models.session_token import LIFETIME


class PhoneSessionStrategy(SessionTokenStrategy):  # type: ignore[misc]  # untyped
    """allauth's own strategy, but that it never reads a token from a request.

    Phones hold our tokens, which BearerAuthentication has checked before a flow begins. What
    allauth calls a session token is the key of the Django session; it never leaves the server.
    """

    def get_session_token(self, request: HttpRequest) -> str | None:
        session = request.auth  # type: ignore[attr-defined]  # set by DRF
        return session.session_key if session else None

    def create_session_token(self, request: HttpRequest) -> str:
        request.session.set_expiry(LIFETIME)
        key: str = super().create_session_token(request)
        return key
