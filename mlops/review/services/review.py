"""Reviewing: one person takes the next item, says what it is, and what enough people said teaches."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction, Headline
from mlops.monitoring.services.feedback import feedback_note, feedback_now, feedback_record
from mlops.review.models import Review, ReviewAction, ReviewItem, ReviewReason, ReviewState
from mlops.review.services.fill import hooks_for
from mlops.serving.models import AnswerOrigin
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import Problem, not_found

CLAIM = timedelta(minutes=5)
OTHER = "other"
NOTHING = Correction()


def review_next(*, user: Any, task: Task | None = None, first: Any = None) -> ReviewItem | None:
    """Claim the most urgent item that `user` may decide; nobody else is given it for five minutes. None: all done.

    first  an item that comes before the others, if they may decide it
    """
    for _at in range(50):
        waiting = _waiting_for(user, task)
        item = (waiting.filter(pk=first).first() if first else None) or waiting.first()
        if item is None:
            return None
        if item.span and item.span in hooks_for(item.task).settled([item.span]):
            ReviewItem.objects.filter(pk=item.pk, state=ReviewState.OPEN).update(state=ReviewState.GONE)
            continue
        now = timezone.now()
        mine = ReviewItem.objects.filter(_free(user, now), pk=item.pk, state=ReviewState.OPEN)
        if mine.update(claimed_by=user, claimed_until=now + CLAIM):
            return item
    return None


def review_decide(*, item: ReviewItem, user: Any, action: str, label: str = "", correction: Any = None) -> ReviewItem:
    """Keep one person's decision; the last one that is wanted settles the item.

    label, correction  what "correct" says it is: one of them, as the kind's `check_correction` takes it
    Raises ValidationError for unknown actions and what the kind refuses, Problem 409 `claimed` when somebody else is
    at it, `decided` when it is over or `user` has decided it already, 404 when consent ended meanwhile.
    """
    said = _checked(item, action, label or correction)
    with transaction.atomic():
        row = ReviewItem.objects.select_for_update().filter(pk=item.pk).first()
        if row is None or not ReviewItem.objects.visible_to(user).filter(pk=row.pk).exists():
            raise not_found()
        if row.state != ReviewState.OPEN:
            raise Problem(409, "decided", _("Someone else has already reviewed this item."))
        if row.claimed_by_id != user.pk and row.claimed_until and row.claimed_until > timezone.now():
            raise Problem(409, "claimed", _("Someone else is reviewing this item."))
        if Review.objects.filter(item=row, by=user).exists():
            raise Problem(409, "decided", _("You have already reviewed this item."))
        try:
            with transaction.atomic():
                review = Review.objects.create(
                    item=row, by=user, action=action, label=said.label, correction=said.value,
                    written={"n_wanted": row.n_wanted},
                )  # fmt: skip
        except IntegrityError:
            raise Problem(409, "decided", _("You have already reviewed this item.")) from None
        row.claimed_by, row.claimed_until = None, None
        outcome = _outcome(row)
        if outcome is not None:
            row.state = ReviewState.DONE
            review.written |= _write(row, *outcome, by=user)
            review.save(update_fields=["written"])
        row.save(update_fields=["claimed_by", "claimed_until", "state", "n_wanted"])
    return row


def review_release(*, item: ReviewItem, user: Any) -> None:
    """Give an item back without deciding it."""
    ReviewItem.objects.filter(pk=item.pk, claimed_by=user).update(claimed_by=None, claimed_until=None)


def _waiting_for(user: Any, task: Task | None) -> QuerySet[ReviewItem]:
    rows = ReviewItem.objects.visible_to(user).filter(_free(user, timezone.now()), state=ReviewState.OPEN)
    if task is not None:
        rows = rows.filter(task=task)
    own = Review.objects.filter(by=user).values("item")
    return rows.exclude(pk__in=own).select_related("task__label_set", "athlete", "version")


def _free(user: Any, now: Any) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lt=now) | Q(claimed_by=user)


def _checked(item: ReviewItem, action: str, given: Any) -> Correction:
    """What a decision says the example is; empty for all but "confirm" and "correct"."""
    if action not in ReviewAction.values:
        raise ValidationError({"action": "Use confirm, correct, reject, empty or skip."}, code="invalid")
    if action == ReviewAction.CONFIRM:
        if item.proposed == NOTHING:
            raise ValidationError({"action": _("There is nothing to confirm.")}, code="invalid")
        return item.proposed
    if action != ReviewAction.CORRECT:
        return NOTHING
    if not hooks_for(item.task).corrects:
        text = _("You can only decide whether this item is used for training.")
        raise ValidationError({"action": text}, code="invalid")
    said: Correction = kind_for(item.task).check_correction(item.task, "" if given is None else given)
    if said == NOTHING:
        raise ValidationError({"label": _("Choose the correct label.")}, code="unknown_label")
    return said


def _outcome(item: ReviewItem) -> tuple[str, Correction] | None:
    """(action, what it is) once enough people decided; two who differ call a third, three who all differ reject it."""
    reviews = list(item.reviews.exclude(action=ReviewAction.SKIP))
    if len(reviews) < item.n_wanted:
        return None
    alike = kind_for(item.task).alike
    agreeing = [[other for other in reviews if alike(one.said, other.said)] for one in reviews]
    largest = max(agreeing, key=len)
    if len(reviews) == 1 or len(largest) > len(reviews) / 2:
        return largest[-1].action, largest[-1].said
    if item.n_wanted < 3:
        item.n_wanted = 3
        return None
    return ReviewAction.REJECT, NOTHING


def _write(item: ReviewItem, action: str, said: Correction, *, by: Any) -> dict[str, Any]:
    """What teaches and, where a model answered, the word about its answer; returns what undo needs."""
    hooks = hooks_for(item.task)
    written: dict[str, Any] = {
        "kind": hooks.decide(item, action=action, label=said.label, correction=said.value, by=by)
    }
    if item.version is None or not item.said or not hooks.corrects:
        return written
    names = item.task.label_set.names if item.task.label_set else []
    truth = Correction(OTHER) if action == ReviewAction.EMPTY and OTHER in names else said
    about: dict[str, Any] = {
        "version": item.version, "athlete_id": item.athlete_id, "origin": AnswerOrigin.REVIEW,
        "source": item.source, "locator": item.locator, "is_audit": item.reason == ReviewReason.AUDIT,
    }  # fmt: skip
    before = feedback_now(**about)
    kept = feedback_record(
        **about, answered=Headline(**item.said), correction=truth, by=by, scope=item.scope,
        agreement=0.0 if action == ReviewAction.REJECT else None,
    )  # fmt: skip
    return {**written, "feedback": feedback_note(kept, before)} if kept is not None else written
