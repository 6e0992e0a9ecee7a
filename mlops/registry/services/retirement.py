"""The end of a version's life: retired or deleted, never while an alias points at it; and the next number."""

import shutil
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.registry.models import EventAction, ModelAlias, ModelVersion, PromotionEvent
from mlops.registry.services.artifacts import SHIPPED, artifact_path
from mlops.registry.services.storage import artifact_forget
from mlops.registry.signals import served_changed
from mlops.tasks.models import Task
from web.refusals import Problem


def number_next(task: Task) -> int:
    """The number of the next version; call it under the task's lock. Numbers of deleted versions stay theirs."""
    highest = ModelVersion.objects.filter(task=task).aggregate(n=Max("number"))["n"] or 0
    deleted = PromotionEvent.objects.filter(task=task, action=EventAction.DELETE).aggregate(n=Max("from_number"))["n"]
    return max(highest, deleted or 0) + 1


def version_retire(*, version: ModelVersion, by: Any, reason: str = "") -> PromotionEvent:
    """A version that shall serve no more; its files and history stay. 409 `in_service`, `retired`."""
    with transaction.atomic():
        _lock(version)
        if not ModelVersion.objects.filter(pk=version.pk, retired_at__isnull=True).update(retired_at=timezone.now()):
            raise Problem(409, "retired", _("This version is already retired."))
        return _event(version, EventAction.RETIRE, by, reason)


def version_delete(*, version: ModelVersion, by: Any, reason: str = "") -> PromotionEvent:
    """Remove a version, its files and its figures; the event with its number stays.

    409 `in_service` while an alias points at it, `shipped` for a model that comes with the code.
    """
    if version.artifact_dir.startswith(SHIPPED):
        raise Problem(409, "shipped", _(
            "This model ships with FitBalance and would be added again. Retire it instead."
        ))
    path = artifact_path(version)
    with transaction.atomic():
        _lock(version)
        event = _event(version, EventAction.DELETE, by, reason)
        try:
            ModelVersion.objects.filter(pk=version.pk).delete()
        except ProtectedError:
            raise _in_service() from None
        # Rows first: files that no version names are swept, a version without files would be damage.
        transaction.on_commit(lambda: shutil.rmtree(path, ignore_errors=True))
        transaction.on_commit(lambda: artifact_forget(path.name), robust=True)
        transaction.on_commit(lambda: served_changed.send(ModelVersion))
    event.refresh_from_db()
    return event


def _lock(version: ModelVersion) -> None:
    Task.objects.select_for_update().filter(pk=version.task_id).exists()
    if ModelAlias.objects.filter(version=version).exists():
        raise _in_service()


def _event(version: ModelVersion, action: EventAction, by: Any, reason: str) -> PromotionEvent:
    return PromotionEvent.objects.create(
        task=version.task, action=action, from_version=version, by=by, reason=reason.strip()[:500]
    )


def _in_service() -> Problem:
    return Problem(
        409, "in_service", _("This version is serving. Promote another version or end the challenge first.")
    )
