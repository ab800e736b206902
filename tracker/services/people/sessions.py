"""The sessions of phones: opaque tokens of which only the hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction

from notifications import outbox
from tracker.models import Patient, SessionToken, User
from tracker.models.session_token import LIFETIME
from tracker.services.people.tokens import hash_token, make_token

USE_IS_NOTED_EVERY = timedelta(hours=1)


def issue(*, user: User | None, session_key: str, device_name: str = "", at: datetime) -> str:
    """Begin a session and return its token, for the only time."""
    token = make_token()
    SessionToken.objects.create(
        token_hash=hash_token(token),
        user=user,
        session_key=session_key,
        auth_hash=user.get_session_auth_hash() if user else "",
        device_name=device_name,
        created_at=at,
        used_at=at,
    )
    return token


def begin(*, user: User, device_name: str, at: datetime) -> str:
    """Sign a phone in without asking for the password again."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(LIFETIME)
    session.create()
    return issue(user=user, session_key=session.session_key, device_name=device_name, at=at)


def find(*, token: str, at: datetime) -> SessionToken | None:
    """The live session with this token, with its user, patient and clinic."""
    found = (
        SessionToken.objects.valid(at=at)
        .select_related("user__patient__clinic")
        .filter(token_hash=hash_token(token))
        .first()
    )
    if found is None or not _password_is_the_same(found):
        return None
    if found.used_at < at - USE_IS_NOTED_EVERY:
        SessionToken.objects.filter(pk=found.pk).update(used_at=at)
    return found


def _password_is_the_same(session: SessionToken) -> bool:
    return session.user is None or session.user.get_session_auth_hash() == session.auth_hash


@transaction.atomic
def carry_on(*, token: str, user: User | None, session_key: str, at: datetime) -> bool:
    """Tie a phone's token to its changed session; False if there is no such token.

    A sign-in, a changed password: the session behind the token is another, the token stays.
    A token without an owner gets one here, an owner is never exchanged.
    """
    session = (
        SessionToken.objects.select_for_update(of=("self",))
        .valid(at=at)
        .filter(token_hash=hash_token(token))
        .first()
    )
    if session is None or session.user_id not in {None, user and user.pk}:
        return False
    session.user = user
    session.auth_hash = user.get_session_auth_hash() if user else ""
    session.session_key = session_key
    session.save(update_fields=["user", "auth_hash", "session_key"])
    return True


@transaction.atomic
def revoke(*, token: str, at: datetime) -> None:
    """Sign the phone out: it can ask nothing more, and is told nothing more."""
    live = SessionToken.objects.filter(token_hash=hash_token(token), revoked_at=None)
    session = live.select_for_update(of=("self",)).first()
    if session is None:
        return
    session.revoked_at = at
    session.save(update_fields=["revoked_at"])
    patient = Patient.objects.filter(user=session.user_id).first() if session.user_id else None
    if patient and session.contact_point_id:
        outbox.remove_contact_point(
            recipient_id=patient.recipient_id, contact_point_id=session.contact_point_id, at=at
        )


def revoke_all(*, user: User, at: datetime) -> int:
    """End every phone's session of this person."""
    return SessionToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
