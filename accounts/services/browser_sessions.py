"""Browsers in which a person is signed in. allauth.usersessions keeps the list, Django the sessions."""

from importlib import import_module
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User
from accounts.services.audit import audit


def sign_out_everywhere(*, user: User, keep: str | None = None, by: User | None = None) -> int:
    """End all sessions of a person but `keep` (a session key). Returns how many ended. `by`: left out, the person.

    Also finds sessions that are not on the list, by reading them: this is rare and may be slow.
    """
    keys = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    keys |= set(session_keys(user))
    keys.discard(keep or "")
    with transaction.atomic():
        UserSession.objects.filter(user=user, session_key__in=keys).delete()
        store = import_module(settings.SESSION_ENGINE).SessionStore
        for key in keys:
            store(key).delete()
        if keys:
            audit(actor=by or user, subject=user, action="session.ended_everywhere", target=user, sessions=len(keys))
    return len(keys)


def session_end(*, user: User, pk: int) -> bool:
    """End one session of the list; False when it is not this person's."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        return False
    with transaction.atomic():
        import_module(settings.SESSION_ENGINE).SessionStore(row.session_key).delete()
        row.delete()
        audit(actor=user, action="session.ended", target=user)
    return True


def session_keys(user: User) -> list[str]:
    """Keys of every stored session in which `user` is signed in, or has given the password and not yet the code."""
    inside, waiting = str(user.pk), user_pk_to_url_str(user)

    def is_theirs(data: dict[str, Any]) -> bool:
        return data.get("_auth_user_id") == inside or (data.get(LOGIN_SESSION_KEY) or {}).get("user_pk") == waiting

    return [
        session.session_key for session in Session.objects.iterator(chunk_size=500) if is_theirs(session.get_decoded())
    ]
