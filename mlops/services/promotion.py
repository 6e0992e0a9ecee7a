"""Moving the champion: the only code that writes ModelAlias. Every move leaves a PromotionEvent."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.models import AliasName, ModelAlias, ModelVersion, PromotionEvent, Task
from mlops.services.artifacts import artifact_path
from mlops.services.serving import serving_forget
from web.refusals import Problem

UNSEEN: Any = object()
"""`expected` was not given: whatever is champion when the call begins."""


def version_promote(
    *, version: ModelVersion, by: Any, reason: str = "", override: bool = False, expected: uuid.UUID | None = UNSEEN
) -> PromotionEvent:
    """Make a version the champion of its task.

    expected  the champion the person saw (None for none); another one by now is 409 `champion_moved`
    override  promote although gates were missed; needs a reason (400 `reason_required`)
    Refuses with Problem: 409 `champion_already`, `retired`, `gates_missed`, `champion_moved`; 422 `bad_artifact`.
    """
    seen = current_champion(version.task) if expected is UNSEEN else expected
    if version.retired_at is not None:
        raise Problem(409, "retired", "This version is retired and no longer serves.")
    if seen == version.pk:
        raise Problem(409, "champion_already", "This version is the champion already.")
    missed = [name for name, gate in version.gates.items() if not gate.get("passed")]
    if missed and not override:
        raise Problem(409, "gates_missed", f"It misses its gates: {', '.join(missed)}.", gates=version.gates)
    if missed and not reason.strip():
        raise Problem(400, "reason_required", "Say why it should be promoted although it misses a gate.")
    _check_artifact(version)
    return _move(
        task=version.task,
        seen=seen,
        to=version.pk,
        by=by,
        reason=reason,
        overrode_gates=bool(missed),
        is_rollback=False,
    )


def task_rollback(*, task: Task, by: Any, reason: str = "", expected: uuid.UUID | None = UNSEEN) -> PromotionEvent:
    """Give the title back to the champion before. 409 `no_previous` when there is none."""
    seen = current_champion(task) if expected is UNSEEN else expected
    previous = previous_champion(task)
    if seen is None or previous is None:
        raise Problem(409, "no_previous", "There is no earlier champion to go back to.")
    if seen == previous.pk:
        raise _moved()
    _check_artifact(previous)
    return _move(task=task, seen=seen, to=previous.pk, by=by, reason=reason, overrode_gates=False, is_rollback=True)


def champion_retire(*, version: ModelVersion, reason: str) -> PromotionEvent | None:
    """Take a retired version out of service: back to the champion before, or to none. None if it was not champion."""
    if current_champion(version.task) != version.pk:
        return None
    previous = previous_champion(version.task)
    return _move(
        task=version.task,
        seen=version.pk,
        to=previous.pk if previous else None,
        by=None,
        reason=reason,
        overrode_gates=False,
        is_rollback=True,
    )


def current_champion(task: Task) -> uuid.UUID | None:
    """Id of the champion, or None."""
    aliases = ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION)
    return aliases.values_list("version_id", flat=True).first()


def previous_champion(task: Task) -> ModelVersion | None:
    """The champion a rollback leads to: the last one below the current that is still there and not retired."""
    stack: list[uuid.UUID | None] = []
    events = PromotionEvent.objects.filter(task=task, alias=AliasName.CHAMPION).order_by("at", "pk")
    for event in events:
        if event.is_rollback:
            while len(stack) > 1 and stack[-1] != event.to_version_id:
                stack.pop()
        else:
            stack.append(event.to_version_id)
    alive = ModelVersion.objects.filter(task=task, retired_at__isnull=True).in_bulk()
    current = current_champion(task)
    below = [pk for pk in stack[:-1] if pk in alive and pk != current]
    return alive[below[-1]] if below else None


def _move(
    *,
    task: Task,
    seen: uuid.UUID | None,
    to: uuid.UUID | None,
    by: Any,
    reason: str,
    overrode_gates: bool,
    is_rollback: bool,
) -> PromotionEvent:
    """One conditional write: it happens only while the alias still points at `seen`."""
    aliases = ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION)
    try:
        with transaction.atomic():
            Task.objects.select_for_update().filter(pk=task.pk).exists()
            if seen is None and to is not None:
                ModelAlias.objects.create(task=task, name=AliasName.CHAMPION, version_id=to)
            elif to is None:
                if not aliases.filter(version_id=seen).delete()[0]:
                    raise _moved()
            elif not aliases.filter(version_id=seen).update(version_id=to, moved_at=timezone.now()):
                raise _moved()
            event = PromotionEvent.objects.create(
                task=task,
                alias=AliasName.CHAMPION,
                from_version_id=seen,
                to_version_id=to,
                by=by,
                reason=reason.strip(),
                overrode_gates=overrode_gates,
                is_rollback=is_rollback,
            )
            transaction.on_commit(serving_forget)
    except IntegrityError:
        raise _moved() from None
    return event


def _moved() -> Problem:
    return Problem(409, "champion_moved", "Somebody else moved the champion meanwhile. Look again before you decide.")


def _check_artifact(version: ModelVersion) -> None:
    """A damaged artifact must never be served; the champion stays as it is."""
    try:
        manifest = read_manifest(artifact_path(version))
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", f"Its files cannot be trusted: {error}.") from error
    if manifest["content_hash"] != version.artifact_hash:
        raise Problem(422, "bad_artifact", "Its files are not the ones that were registered.")
