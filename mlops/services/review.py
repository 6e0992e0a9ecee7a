"""Reviewing: one person takes the next item, says what it is, and what enough people said becomes a label."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from mlops.models import AnswerOrigin, Review, ReviewAction, ReviewItem, ReviewReason, ReviewState, Task
from mlops.services.feedback import feedback_record
from mlops.services.review_fill import hooks_for
from web.refusals import Problem, not_found

CLAIM = timedelta(minutes=5)
OTHER = "other"


def review_next(*, user: Any, task: Task | None = None) -> ReviewItem | None:
    """Claim the most urgent item that `user` may decide; nobody else is given it for five minutes. None: all done."""
    for _ in range(50):
        item = _waiting_for(user, task).first()
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


def review_decide(*, item: ReviewItem, user: Any, action: str, label: str = "") -> ReviewItem:
    """Keep one person's decision; the last one that is wanted settles the item.

    Raises ValidationError for unknown actions and labels, Problem 409 `claimed` when somebody else is at it,
    `decided` when it is over or `user` has decided it already, 404 when consent ended meanwhile.
    """
    label = _checked(item, action, label)
    with transaction.atomic():
        row = ReviewItem.objects.select_for_update().filter(pk=item.pk).first()
        if row is None or not ReviewItem.objects.visible_to(user).filter(pk=row.pk).exists():
            raise not_found()
        if row.state != ReviewState.OPEN:
            raise Problem(409, "decided", "This one was decided meanwhile.")
        if row.claimed_by_id != user.pk and row.claimed_until and row.claimed_until > timezone.now():
            raise Problem(409, "claimed", "Somebody else is looking at this one.")
        if Review.objects.filter(item=row, by=user).exists():
            raise Problem(409, "decided", "You have decided this one already.")
        try:
            with transaction.atomic():
                Review.objects.create(item=row, by=user, action=action, label=label)
        except IntegrityError:
            raise Problem(409, "decided", "You have decided this one already.") from None
        row.claimed_by, row.claimed_until = None, None
        outcome = _outcome(row)
        if outcome is not None:
            row.state = ReviewState.DONE
            _write(row, *outcome, by=user)
        row.save(update_fields=["claimed_by", "claimed_until", "state", "n_wanted"])
    return row


def review_release(*, item: ReviewItem, user: Any) -> None:
    """Give an item back without deciding it."""
    ReviewItem.objects.filter(pk=item.pk, claimed_by=user).update(claimed_by=None, claimed_until=None)


def said(review: Review) -> str:
    """A decision as one word, for comparing people: a label, or "-" for none and "nothing here" alike."""
    return review.label or "-"


def _waiting_for(user: Any, task: Task | None) -> QuerySet[ReviewItem]:
    rows = ReviewItem.objects.visible_to(user).filter(_free(user, timezone.now()), state=ReviewState.OPEN)
    if task is not None:
        rows = rows.filter(task=task)
    own = Review.objects.filter(by=user).values("item")
    return rows.exclude(pk__in=own).select_related("task__label_set", "athlete", "version")


def _free(user: Any, now: Any) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lt=now) | Q(claimed_by=user)


def _checked(item: ReviewItem, action: str, label: str) -> str:
    if action not in ReviewAction.values:
        raise ValidationError({"action": "Confirm, correct, reject, empty or skip."}, code="invalid")
    if action == ReviewAction.CONFIRM:
        if not item.label:
            raise ValidationError({"action": "There is no label to confirm."}, code="invalid")
        return item.label
    if action == ReviewAction.CORRECT:
        known = item.task.label_set.names if item.task.label_set else []
        if label not in known:
            raise ValidationError({"label": "This label is not one of the task's."}, code="unknown_label")
        return label
    return ""


def _outcome(item: ReviewItem) -> tuple[str, str] | None:
    """(action, label) once enough people decided; two who differ call a third, three who all differ reject it."""
    reviews = list(item.reviews.exclude(action=ReviewAction.SKIP))
    if len(reviews) < item.n_wanted:
        return None
    words = Counter(said(review) for review in reviews)
    word, n = words.most_common(1)[0]
    if len(reviews) == 1 or n > len(reviews) / 2:
        last = next(review for review in reversed(reviews) if said(review) == word)
        return last.action, last.label
    if item.n_wanted < 3:
        item.n_wanted = 3
        return None
    return ReviewAction.REJECT, ""


def _write(item: ReviewItem, action: str, label: str, *, by: Any) -> None:
    """The label for learning and, where a model answered, the word about its answer."""
    hooks_for(item.task).decide(item, action=action, label=label, by=by)
    if item.version is None or not item.scores:
        return
    names = item.task.label_set.names if item.task.label_set else []
    truth = OTHER if action == ReviewAction.EMPTY and OTHER in names else label
    feedback_record(
        version=item.version, athlete_id=item.athlete_id, answered=item.scores[0]["label"], label=truth, by=by,
        origin=AnswerOrigin.REVIEW, confidence=item.scores[0]["score"], source=item.source, start_s=item.start_s,
        end_s=item.end_s, is_audit=item.reason == ReviewReason.AUDIT, scope=item.scope,
    )  # fmt: skip
