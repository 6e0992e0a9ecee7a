"""Personal API tokens: made once, shown once, checked by hash."""

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, TokenScope, User
from accounts.services.audit import audit

PREFIX = "fb_"
LONGEST = timedelta(days=366)
_SEEN_EVERY = timedelta(minutes=1)


class TokenRefused(Exception):
    """The secret opens nothing. `code` is token_unknown, token_expired or token_revoked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def token_hash(secret: str) -> str:
    """SHA-256 in hex. A secret of 256 random bits needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def token_create(*, user: User, name: str, scopes: Iterable[str], expires_at: datetime) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is never readable again.

    Raises ValidationError for an unknown or empty scope list, or an end in the past or beyond a year.
    """
    chosen = [scope for scope in TokenScope.values if scope in set(scopes)]
    if not chosen or set(scopes) - set(TokenScope.values):
        raise ValidationError({"scopes": _("Choose at least one permission.")}, code="scopes")
    now = timezone.now()
    if not now < expires_at <= now + LONGEST:
        raise ValidationError({"expires_at": _("Choose an expiry date within the next year.")}, code="expires_at")
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=secret[:9],
            secret_hash=token_hash(secret),
            scopes=chosen,
            expires_at=expires_at,
        )
        audit(actor=user, action="token.created", target=token, scopes=chosen)
    return token, secret


def token_revoke(*, token: ApiToken, by: User) -> None:
    """End a token now; revoking twice changes nothing."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit(actor=by, subject=token.user, action="token.revoked", target=token)


def tokens_revoke_all(*, user: User, by: User) -> int:
    """End every live token of a person; returns how many."""
    with transaction.atomic():
        n_revoked = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
        if n_revoked:
            audit(actor=by, subject=user, action="token.all_revoked", target=user, tokens=n_revoked)
    return n_revoked


def token_resolve(secret: str) -> ApiToken:
    """The live token behind a secret, with its user. Raises TokenRefused."""
    token = ApiToken.objects.select_related("user").filter(secret_hash=token_hash(secret)).first()
    if token is None or not token.user.is_active:
        raise TokenRefused("token_unknown", _("This token does not exist."))
    if token.revoked_at is not None:
        raise TokenRefused("token_revoked", _("This token was revoked."))
    if token.expires_at <= timezone.now():
        raise TokenRefused("token_expired", _("This token has expired."))
    return token


def token_seen(token: ApiToken) -> None:
    """Note the use, at most once a minute, so that a busy client does not write on every request."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - _SEEN_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _SEEN_EVERY)
        with suppress(DatabaseError), transaction.atomic():  # reading goes on where nothing can be noted (a full disk)
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
