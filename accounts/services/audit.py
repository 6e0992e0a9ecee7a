"""Writing the audit log."""

from typing import Any

from django.db.models import Model

from accounts.models import AuditEvent, User


def audit(
    *, actor: User | None, action: str, target: Model | str = "", subject: User | None = None, **detail: Any
) -> AuditEvent:
    """Record one act. `detail` must hold no names, addresses or secrets: keys, roles, scopes and counts only.

    `target` may be a row: it is stored as "label:key". `subject` is the person the act is about
    (left out: the actor). Anonymous users are stored as nobody.
    """
    if isinstance(target, Model):
        target = f"{target._meta.label_lower}:{target.pk}"
    actor = _known(actor)
    return AuditEvent.objects.create(
        actor=actor, subject=_known(subject) or actor, action=action, target=target[:120], detail=detail
    )


def _known(user: User | None) -> User | None:
    return user if user is not None and user.is_authenticated and user.pk else None
