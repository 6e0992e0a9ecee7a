"""What allauth and Django tell about signing in becomes audit events; a new password ends what the old one opened."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from accounts.services.audit import audit
from accounts.services.browser_sessions import sign_out_everywhere
from accounts.services.tokens import tokens_revoke_all


@receiver(account.user_signed_up)
def on_signed_up(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="account.created", target=user, role=user.role)


@receiver(account.user_logged_in)
def on_logged_in(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="login")


@receiver(user_logged_out)
def on_logged_out(user: Any, **kwargs: Any) -> None:
    """Not for an account that is being erased: its row may be gone by now."""
    if user is not None and user.is_active:
        audit(actor=user, action="logout")


@receiver(post_save, sender=User)
def on_new_password(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Whoever sets it and however (pages, API, admin, a reset, a command): tokens end with the old password.

    `_password` holds it only while a new one is being saved, not when a hash is renewed. Sessions end by the hash in
    them, streams within seconds as their session or token does not hold any more.
    """
    if not created and not raw and instance._password is not None:
        tokens_revoke_all(user=instance, by=instance)


@receiver([account.password_changed, account.password_set])
def on_password_changed(request: Any, user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="password.changed", target=user)
    sign_out_everywhere(user=user, keep=request.session.session_key)


@receiver(account.password_reset)
def on_password_reset(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="password.reset", target=user)
    sign_out_everywhere(user=user)


@receiver(account.email_added)
def on_email_added(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="email.added", target=user)


@receiver(account.email_changed)
def on_email_changed(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="email.changed", target=user)


@receiver(account.email_removed)
def on_email_removed(user: Any, **kwargs: Any) -> None:
    audit(actor=user, action="email.removed", target=user)


@receiver(mfa.authenticator_added)
def on_mfa_added(user: Any, authenticator: Any, **kwargs: Any) -> None:
    audit(actor=user, action="mfa.added", target=user, type=authenticator.type)


@receiver(mfa.authenticator_removed)
def on_mfa_removed(user: Any, authenticator: Any, **kwargs: Any) -> None:
    audit(actor=user, action="mfa.removed", target=user, type=authenticator.type)


@receiver(mfa.authenticator_reset)
def on_mfa_reset(user: Any, authenticator: Any, **kwargs: Any) -> None:
    audit(actor=user, action="mfa.reset", target=user, type=authenticator.type)
