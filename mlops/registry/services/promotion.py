"""Moving champion and challenger: the only code that writes ModelAlias. Every move leaves a PromotionEvent."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.kinds.metric import is_number
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.floor import floor_of
from mlops.registry.gate_words import missed_text
from mlops.registry.models import AliasName, EventAction, ModelAlias, ModelVersion, PromotionEvent
from mlops.registry.selectors import champion_of, is_evaluated, is_imported
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.signals import served_changed
from mlops.tasks.models import Task
from web.refusals import Problem

UNSEEN: Any = object()
"""`expected` was not given: whatever is there when the call begins."""


def version_promote(
    *, version: ModelVersion, by: Any, reason: str = "", override: bool = False, expected: uuid.UUID | None = UNSEEN
) -> PromotionEvent:
    """Make a version the champion of its task; a challenger that wins stops being one.

    expected  the champion the person saw (None for none); another one by now is 409 `champion_moved`
    override  promote although gates are missed, or the champion is better on the same examples or could not be measured
              on them; needs a reason (400 `reason_required`), which the history keeps with who gave it
    Refuses with Problem: 409 `champion_already`, `retired`, `gates_missed`, `worse_than_champion`, `not_compared`,
    `champion_moved`; 422 `bad_artifact`.
    """
    seen = current_champion(version.task) if expected is UNSEEN else expected
    _check_alive(version)
    if seen == version.pk:
        raise Problem(409, "champion_already", _("This version is already the champion."))
    missed = _check_gates(version, override, reason, champion_of(version.task))
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
        raise Problem(400, "bad_share", _("The share must be above 0 and below 1."))
    seen = current_alias(version.task, AliasName.CHALLENGER) if expected is UNSEEN else expected
    _check_alive(version)
    champion = current_champion(version.task)
    if champion is None:
        raise Problem(409, "no_champion", _("There is no champion to challenge. Promote this version instead."))
    if champion == version.pk:
        raise Problem(409, "champion_already", _("This version is already the champion."))
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
        raise Problem(409, "no_challenger", _("There is no challenger."))
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
        raise Problem(409, "no_previous", _("There is no earlier champion to roll back to."))
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
            if to is not None and ModelVersion.objects.filter(pk=to, retired_at__isnull=False).exists():
                raise _retired()  # meanwhile, behind the row that was looked at
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
            transaction.on_commit(lambda: served_changed.send(ModelVersion))
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
        reason="Became champion" if champion is not None else "There is no longer a champion",
    )


def _moved(alias: AliasName) -> Problem:
    return Problem(409, f"{alias}_moved", _(
        "Someone else has just changed the %(alias)s. Reload the page and decide again."
    ) % {"alias": alias})


def _retired() -> Problem:
    return Problem(409, "retired", _("This version is retired and no longer serves."))


def _check_alive(version: ModelVersion) -> None:
    if version.retired_at is not None:
        raise _retired()
    if is_imported(version) and not is_evaluated(version):
        text = _("This model was imported and we have not evaluated it yet. Evaluate it on a dataset first.")
        raise Problem(409, "not_judged", text)


def _check_gates(version: ModelVersion, override: bool, reason: str, champion: ModelVersion | None = None) -> bool:
    """True when gates are missed, or the champion is better on the same examples, and that is overridden with a reason.

    Where the champion could not be measured on the same examples somebody must say why it should go all the same.
    """
    gates, floor = version.all_gates, floor_of(version, champion)
    is_missed = not all(gate.get("passed") for gate in gates.values())
    is_worse = floor is not None and floor.passed is False
    if not override:
        if is_missed:
            text = _("This version failed its gates. %(gates)s.") % {"gates": missed_text(version)}
            raise Problem(409, "gates_missed", text, gates=gates)
        if floor is not None and floor.passed is None:
            text = _("%(floor)s. You can still promote it with a reason.") % {"floor": floor.text}
            raise Problem(409, "not_compared", text)
        if floor is not None and is_worse:
            text = _("This version is worse than the champion. %(floor)s.") % {"floor": floor.text}
            raise Problem(409, "worse_than_champion", text)
    if (is_missed or (floor is not None and not floor.passed)) and not reason.strip():
        raise Problem(400, "reason_required", _("Give a reason for promoting it anyway."))
    return is_missed or is_worse


def _check_artifact(version: ModelVersion) -> None:
    """A damaged artifact must never be served; the champion stays as it is."""
    try:
        manifest = read_manifest(artifact_path(version))
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", _(
            "The files of this version failed a check: %(error)s."
        ) % {"error": error}) from error
    if manifest["content_hash"] != version.artifact_hash:
        raise Problem(422, "bad_artifact", _("The files of this version differ from the registered ones."))
