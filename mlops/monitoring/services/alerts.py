"""Alerts: one open row per task and kind, one mail when it opens, closed when it is so no longer."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.languages import speaking_to
from accounts.models import Role, User
from mlops.monitoring.models import Alert
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from web.said import Said

logger = logging.getLogger(__name__)


def alert_open(
    *, task: Task, kind: str, say: Callable[[], str | Said], version: ModelVersion | None = None
) -> Alert:
    """Open an alert, or say again that it is still so. Only the opening is told by mail.

    say  makes its sentence: in the site's language for the row's text, in the recipient's for a mail; where it is a
         `Said`, pages say it in the language of whoever reads them
    """
    with speaking_to(None):
        said = say()
        text = str(said)[:300]
    facts = said.to_json() if isinstance(said, Said) else None
    values = {"text": text, "facts": facts, "version": version, "seen_at": timezone.now()}
    with transaction.atomic():
        Task.objects.select_for_update().filter(pk=task.pk).exists()
        row = Alert.objects.filter(task=task, kind=kind, closed_at__isnull=True).first()
        if row is not None:
            Alert.objects.filter(pk=row.pk).update(**values)
            row.refresh_from_db()
            return row
        row = Alert.objects.create(task=task, kind=kind, text=text, facts=facts, version=version)
        transaction.on_commit(lambda: _tell(row, say))
    return row


def alert_close(*, task: Task, kind: str) -> bool:
    """It is not so any more; returns whether one was open."""
    return bool(Alert.objects.filter(task=task, kind=kind, closed_at__isnull=True).update(closed_at=timezone.now()))


def alert_acknowledge(*, alert: Alert, by: Any) -> Alert:
    """Somebody takes care of it: it stays listed, and no longer asks for attention. The first one counts."""
    Alert.objects.filter(pk=alert.pk, acknowledged_at__isnull=True).update(
        acknowledged_at=timezone.now(), acknowledged_by=by
    )
    alert.refresh_from_db()
    return alert


def _tell(alert: Alert, say: Callable[[], str | Said]) -> None:
    """A mail to each of ML staff in their own language; a mail server that is away is no reason to fail."""
    try:
        for user in User.objects.filter(role=Role.ML_STAFF, is_active=True).exclude(email=""):
            with speaking_to(user):
                subject = f"{alert.task.title}: {alert.get_kind_display().lower()}"
                where = _("See %(place)s on FitBalance.") % {"place": "/ml/drift/"}
                send_mail(subject, f"{say()}\n\n{where}", settings.DEFAULT_FROM_EMAIL, [user.email])
    except Exception as error:
        logger.warning("an alert could not be mailed: %s", error)
