"""Authentication of phones by a session token, and the permission of patients."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tracker.models import Patient, SessionToken, User
from tracker.services.people import sessions

SCHEME = "Bearer"


class BearerAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <token>`; a token that is not valid is refused."""

    def authenticate(self, request: Request) -> tuple[User, SessionToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != SCHEME or not token.strip():
            return None
        session = sessions.find(token=token.strip(), at=request.parser_context["view"].at)
        if session is None or session.user is None:
            raise AuthenticationFailed
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class IsPatient(BasePermission):
    """Allows active patients only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        patient: Patient | None = getattr(request.user, "patient", None)
        return patient is not None and patient.is_active
