"""Invitations: the only way in."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracker.models import Invitation

from .errors import ServiceError
from .tokens import hash_token

VALID_FOR = timedelta(hours=72)


class InvitationInvalid(ServiceError):
    """This invitation is not valid. Ask your clinic for a new one."""

    code = "invitation_invalid"


def find_valid(*, token: str, kind: str, at: datetime, lock: bool = False) -> Invitation:
    """The unused, unexpired invitation with this token.

    Used, expired, revoked and unknown are one answer, so that a guess teaches nothing.
    """
    invitations = Invitation.objects.select_related("clinic", "patient")
    if lock:
        invitations = invitations.select_for_update(of=("self",))
    found = invitations.filter(
        token_hash=hash_token(token),
        kind=kind,
        used_at=None,
        revoked_at=None,
        expires_at__gt=at,
    ).first()
    if found is None:
        raise InvitationInvalid
    return found
