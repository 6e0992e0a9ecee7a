"""Erasing a person: sessions and tokens at once, then rows and files table by table, then the account.

What remains is the audit log without the person: what happened and when, with nobody in it.
Every stage can be repeated: an erasure that was interrupted is finished by running it again.
"""

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, User
from accounts.services import login_limit
from accounts.services.audit import audit
from accounts.services.browser_sessions import sign_out_everywhere
from accounts.services.steps import OnStep, ignore
from accounts.services.tokens import tokens_revoke_all
from web.registries import personal_data
from web.registries.personal_data import Erase, PersonalTable
from web.services.database import database_forget

_CHUNK = 100
"""Rows a transaction: live streams must never wait long for the write lock."""


@dataclass
class ErasureFacts:
    """Rows deleted or made anonymous by table label, and files removed."""

    deleted: dict[str, int] = field(default_factory=dict)
    anonymised: dict[str, int] = field(default_factory=dict)
    n_files: int = 0


def erasure_confirm(*, user: User, username: str, password: str) -> None:
    """Check what the person typed before their account goes.

    Raises ValidationError (by field) for a wrong name or password, TooManyLogins after five wrong passwords.
    """
    if username.strip() != user.username:
        raise ValidationError({"username": _("Enter your username exactly as shown.")}, code="username")
    attempt = login_limit.attempt_begin(user.username)
    if not user.check_password(password):
        raise ValidationError({"password": _("Wrong password.")}, code="password")
    login_limit.attempt_succeeded(attempt)


def erasure_begin(*, user: User, by: User) -> None:
    """Lock the account at once: no signing in, no session, no token. Called in the request that asks for it."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        audit(actor=by, subject=user, action="account.erase_started", target=user)
    user.is_active = False
    tokens_revoke_all(user=user, by=by)
    sign_out_everywhere(user=user, by=by)


def erase_account(*, user: User, by: User, step: OnStep = ignore) -> ErasureFacts:
    """Erase everything declared in web.registries.personal_data, last the account itself.

    `step(done, total, note)` counts tables. Leaves one tombstone: "account.erased" with the key and row counts.
    """
    if user.is_active:
        erasure_begin(user=user, by=by)
    target = f"{user._meta.label_lower}:{user.pk}"
    tables = [table for table in personal_data.tables() if table.model is not User]
    facts = ErasureFacts()
    for hook in personal_data.erase_hooks():
        hook(user)
    for done, table in enumerate(tables):
        step(done, len(tables) + 1, str(table.model._meta.verbose_name_plural))
        _erase_table(table, user, facts)
    is_self = by.pk == user.pk
    with transaction.atomic():
        User.objects.filter(pk=user.pk).delete()
        facts.deleted[User._meta.label_lower] = 1
        AuditEvent.objects.create(
            actor=None if is_self else by,
            action="account.erased",
            target=target,
            detail={
                "rows": sum(facts.deleted.values()),
                "files": facts.n_files,
                "by": "self" if is_self else "administrator",
            },
        )
    database_forget()
    step(len(tables) + 1, len(tables) + 1, "done")
    return facts


def _erase_table(table: PersonalTable, user: User, facts: ErasureFacts) -> None:
    label = table.model._meta.label_lower
    if table.erase is Erase.ANONYMISE:
        if table.anonymise is None:
            raise TypeError(f"{label} declares no way to anonymise")
        rows = table.rows(user)
        facts.anonymised[label] = rows.count()
        with transaction.atomic():
            table.anonymise(rows)
        return
    facts.deleted[label] = 0
    while chunk := list(table.rows(user).order_by("pk")[:_CHUNK]):
        facts.n_files += _remove_files(table, chunk)
        with transaction.atomic():
            _by_key(table.model, chunk).delete()
        facts.deleted[label] += len(chunk)


def _by_key(model: type[Model], chunk: list[Model]) -> QuerySet:
    return model._base_manager.filter(pk__in=[row.pk for row in chunk])


def _remove_files(table: PersonalTable, chunk: list[Model]) -> int:
    """Files go before their rows: after an interruption the rows still say what is left to remove."""
    n_removed = 0
    if table.files is None:
        return n_removed
    for row in chunk:
        for _name, path in table.files(row):
            if path.is_file() or path.is_symlink():
                path.unlink()
                n_removed += 1
            _remove_empty(path.parent)
    return n_removed


def _remove_empty(folder: Path) -> None:
    """Remove a folder that became empty, and its empty parents, below the private files."""
    root = Path(settings.MEDIA_ROOT).resolve()
    folder = folder.resolve()
    while root in folder.parents and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
