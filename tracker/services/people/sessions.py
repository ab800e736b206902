"""Sessions of phones: opaque tokens of which only the hash is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from notifications import outbox
from tracker.models import Patient, SessionToken, User
from tracker.models.session_token import LIFETIME
from tracker.services.people.tokens import hash_token, make_token

#: Writing each use would cost an UPDATE in every request.
USE_IS_RECORDED_EVERY = timedelta(hours=1)


def issue(*, user_id: UUID | str, session_key: str, device_name: str = "", at: datetime) -> str:
    """Begin a phone's session on a Django session; return its token, which is not stored."""
    token = make_token()
    SessionToken.objects.create(
        token_hash=hash_token(token),
        user_id=user_id,
        session_key=session_key,
        auth_hash=User.objects.get(pk=user_id).get_session_auth_hash(),
        device_name=device_name,
        created_at=at,
        used_at=at,
    )
    return token


def begin(*, user: User, device_name: str, at: datetime) -> str:
    """Sign a phone in without asking for the password; return its token."""
    session = _django_session()
    session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(LIFETIME)
    session.create()
    assert session.session_key  # create() sets it
    return issue(user_id=user.pk, session_key=session.session_key, device_name=device_name, at=at)


def find(*, token: str, at: datetime) -> SessionToken | None:
    """The live session with this token, with its user, patient and clinic."""
    found = (
        SessionToken.objects.valid(at=at)
        .select_related("user__patient__clinic")
        .filter(token_hash=hash_token(token))
        .first()
    )
    # A new password has another hash, and so ends the sessions of the old one.
    if found is None or (found.user and found.user.get_session_auth_hash() != found.auth_hash):
        return None
    if found.used_at < at - USE_IS_RECORDED_EVERY:
        SessionToken.objects.filter(pk=found.pk).update(used_at=at)
    return found


def renew(*, session: SessionToken, session_key: str) -> None:
    """Keep a phone signed in that has just changed the password."""
    user = User.objects.get(session_tokens=session)
    SessionToken.objects.filter(pk=session.pk).update(
        auth_hash=user.get_session_auth_hash(), session_key=session_key
    )


@transaction.atomic
def revoke(*, session: SessionToken, at: datetime) -> None:
    """Sign a phone out: its token is no longer valid, and it gets no more notifications."""
    live = SessionToken.objects.filter(pk=session.pk, revoked_at=None)
    found = live.select_for_update(of=("self",)).first()
    if found is None:
        return
    found.revoked_at = at
    found.save(update_fields=["revoked_at"])
    _django_session(found.session_key).delete()
    patient = Patient.objects.filter(user=found.user_id).first() if found.user_id else None
    if patient and found.contact_point_id:
        outbox.remove_contact_point(
            recipient_id=patient.recipient_id, contact_point_id=found.contact_point_id, at=at
        )


def revoke_all(*, user: User, at: datetime) -> int:
    """End every phone's session of this person."""
    return SessionToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)


def _django_session(key: str | None = None) -> SessionBase:
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store(session_key=key)
