"""Moving champion and challenger: the only code that writes ModelAlias. Every move leaves a PromotionEvent."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from mlops.metric import is_number
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.models import AliasName, EventAction, ModelAlias, ModelVersion, PromotionEvent, Task
from mlops.selectors.exchange import is_judged, is_outside
from mlops.services.artifacts import artifact_path
from mlops.services.serving import serving_forget
from web.refusals import Problem

UNSEEN: Any = object()
"""`expected` was not given: whatever is there when the call begins."""


def version_promote(
    *, version: ModelVersion, by: Any, reason: str = "", override: bool = False, expected: uuid.UUID | None = UNSEEN
) -> PromotionEvent:
    """Make a version the champion of its task; a challenger that wins stops being one.

    expected  the champion the person saw (None for none); another one by now is 409 `champion_moved`
    override  promote although gates were missed; needs a reason (400 `reason_required`)
    Refuses with Problem: 409 `champion_already`, `retired`, `gates_missed`, `champion_moved`; 422 `bad_artifact`.
    """
    seen = current_champion(version.task) if expected is UNSEEN else expected
    _check_alive(version)
    if seen == version.pk:
        raise Problem(409, "champion_already", "This version is the champion already.")
    missed = _check_gates(version, override, reason)
    _check_artifact(version)
    return _move(
        task=version.task,
        seen=seen,
        to=version.pk,
        by=by,
        reason=reason,
        overrode_gates=missed,
        action=EventAction.PROMOTE,
    )


def version_challenge(
    *,
    version: ModelVersion,
    by: Any,
    share: float,
    reason: str = "",
    override: bool = False,
    expected: uuid.UUID | None = UNSEEN,
) -> PromotionEvent:
    """Let a version answer a share of the athletes beside the champion, or change its share.

    share     above 0 and below 1
    expected  the challenger the person saw (None for none); another one by now is 409 `challenger_moved`
    Refuses with Problem: 400 `bad_share`; 409 `no_champion`, `champion_already`, `retired`, `gates_missed`,
    `challenger_moved`; 422 `bad_artifact`.
    """
    if not is_number(share) or not 0 < share < 1:
        raise Problem(400, "bad_share", "The share lies above 0 and below 1.")
    seen = current_alias(version.task, AliasName.CHALLENGER) if expected is UNSEEN else expected
    _check_alive(version)
    champion = current_champion(version.task)
    if champion is None:
        raise Problem(409, "no_champion", "There is no champion to challenge. Promote it instead.")
    if champion == version.pk:
        raise Problem(409, "champion_already", "This version is the champion already.")
    missed = _check_gates(version, override, reason)
    _check_artifact(version)
    return _move(
        task=version.task,
        seen=seen,
        to=version.pk,
        by=by,
        reason=reason,
        overrode_gates=missed,
        action=EventAction.CHALLENGE,
        alias=AliasName.CHALLENGER,
        share=share,
    )


def challenger_withdraw(
    *, task: Task, by: Any, reason: str = "", expected: uuid.UUID | None = UNSEEN
) -> PromotionEvent:
    """End a challenge: the champion answers everybody again. 409 `no_challenger`, `challenger_moved`."""
    seen = current_alias(task, AliasName.CHALLENGER) if expected is UNSEEN else expected
    if seen is None:
        raise Problem(409, "no_challenger", "There is no challenger.")
    return _move(
        task=task,
        seen=seen,
        to=None,
        by=by,
        reason=reason,
        overrode_gates=False,
        action=EventAction.WITHDRAW,
        alias=AliasName.CHALLENGER,
    )


def task_rollback(*, task: Task, by: Any, reason: str = "", expected: uuid.UUID | None = UNSEEN) -> PromotionEvent:
    """Give the title back to the champion before. 409 `no_previous` when there is none."""
    seen = current_champion(task) if expected is UNSEEN else expected
    previous = previous_champion(task)
    if seen is None or previous is None:
        raise Problem(409, "no_previous", "There is no earlier champion to go back to.")
    if seen == previous.pk:
        raise _moved(AliasName.CHAMPION)
    _check_artifact(previous)
    return _move(
        task=task,
        seen=seen,
        to=previous.pk,
        by=by,
        reason=reason,
        overrode_gates=False,
        action=EventAction.ROLLBACK,
    )


def champion_retire(*, version: ModelVersion, reason: str) -> PromotionEvent | None:
    """Take a retired version out of service: back to the champion before, or to none. None if it was not champion.

    A challenge of it ends as well.
    """
    if current_alias(version.task, AliasName.CHALLENGER) == version.pk:
        challenger_withdraw(task=version.task, by=None, reason=reason, expected=version.pk)
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
        action=EventAction.ROLLBACK,
    )


def current_alias(task: Task, name: str) -> uuid.UUID | None:
    """Id of the version an alias points at, or None."""
    aliases = ModelAlias.objects.filter(task=task, name=name)
    return aliases.values_list("version_id", flat=True).first()


def current_champion(task: Task) -> uuid.UUID | None:
    """Id of the champion, or None."""
    return current_alias(task, AliasName.CHAMPION)


def previous_champion(task: Task) -> ModelVersion | None:
    """The champion a rollback leads to: the last one below the current that is still there and not retired."""
    stack: list[uuid.UUID | None] = []
    events = PromotionEvent.objects.filter(task=task, alias=AliasName.CHAMPION).order_by("at", "pk")
    for to_version, is_rollback in events.values_list("to_version_id", "is_rollback"):
        if is_rollback:
            while len(stack) > 1 and stack[-1] != to_version:
                stack.pop()
        else:
            stack.append(to_version)
    named = {pk for pk in stack if pk is not None}
    alive = ModelVersion.objects.filter(pk__in=named, retired_at__isnull=True).in_bulk()
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
    action: EventAction,
    alias: AliasName = AliasName.CHAMPION,
    share: float = 1.0,
) -> PromotionEvent:
    """One conditional write: it happens only while the alias still points at `seen`."""
    aliases = ModelAlias.objects.filter(task=task, name=alias)
    try:
        with transaction.atomic():
            Task.objects.select_for_update().filter(pk=task.pk).exists()
            if seen is None and to is not None:
                ModelAlias.objects.create(task=task, name=alias, version_id=to, traffic_share=share)
            elif to is None:
                if not aliases.filter(version_id=seen).delete()[0]:
                    raise _moved(alias)
            elif not aliases.filter(version_id=seen).update(
                version_id=to, traffic_share=share, moved_at=timezone.now()
            ):
                raise _moved(alias)
            if alias == AliasName.CHALLENGER:
                if to is not None and current_champion(task) == to:
                    raise _moved(alias)  # it became champion meanwhile
            else:
                _end_challenge(task, to, by)
            event = PromotionEvent.objects.create(
                task=task,
                action=action,
                alias=alias,
                share=share if alias == AliasName.CHALLENGER and to is not None else None,
                from_version_id=seen,
                to_version_id=to,
                by=by,
                reason=reason.strip(),
                overrode_gates=overrode_gates,
                is_rollback=action == EventAction.ROLLBACK,
            )
            transaction.on_commit(serving_forget)
    except IntegrityError:
        raise _moved(alias) from None
    return event


def _end_challenge(task: Task, champion: uuid.UUID | None, by: Any) -> None:
    """A version never challenges itself, and nobody challenges an empty throne."""
    challenge = ModelAlias.objects.filter(task=task, name=AliasName.CHALLENGER).first()
    if challenge is None or (champion is not None and challenge.version_id != champion):
        return
    challenge.delete()
    PromotionEvent.objects.create(
        task=task,
        action=EventAction.WITHDRAW,
        alias=AliasName.CHALLENGER,
        from_version_id=challenge.version_id,
        by=by,
        reason="It became champion" if champion is not None else "There is no champion any more",
    )


def _moved(alias: AliasName) -> Problem:
    return Problem(409, f"{alias}_moved", f"Somebody else moved the {alias} meanwhile. Look again before you decide.")


def _check_alive(version: ModelVersion) -> None:
    if version.retired_at is not None:
        raise Problem(409, "retired", "This version is retired and no longer serves.")
    if is_outside(version) and not is_judged(version):
        text = "It came from elsewhere and was not judged here yet. Judge it on a dataset first."
        raise Problem(409, "not_judged", text)


def _check_gates(version: ModelVersion, override: bool, reason: str) -> bool:
    """True when gates are missed and that is overridden with a reason."""
    missed = [name for name, gate in version.gates.items() if not gate.get("passed")]
    if missed and not override:
        raise Problem(409, "gates_missed", f"It misses its gates: {', '.join(missed)}.", gates=version.gates)
    if missed and not reason.strip():
        raise Problem(400, "reason_required", "Say why it should be promoted although it misses a gate.")
    return bool(missed)


def _check_artifact(version: ModelVersion) -> None:
    """A damaged artifact must never be served; the champion stays as it is."""
    try:
        manifest = read_manifest(artifact_path(version))
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", f"Its files cannot be trusted: {error}.") from error
    if manifest["content_hash"] != version.artifact_hash:
        raise Problem(422, "bad_artifact", "Its files are not the ones that were registered.")
