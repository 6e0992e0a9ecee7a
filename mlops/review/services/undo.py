"""Taking back one's last word about an example, as long as nobody has built on it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.kinds.review import changed_since
from mlops.monitoring.services.feedback import feedback_restore
from mlops.review.models import Review, ReviewItem, ReviewState
from mlops.review.services.fill import hooks_for
from mlops.review.services.review import CLAIM
from web.refusals import Problem, not_found


def review_undo(*, item: ReviewItem, user: Any) -> ReviewItem:
    """Forget `user`'s decision: what it wrote is as before, and the item waits again, claimed by them.

    Raises Problem 404 when consent ended meanwhile; 409 `nothing_to_undo` without a decision, `changed_since` when
    somebody else decided or changed something since, `not_undoable` where the kind cannot take it back.
    """
    with transaction.atomic():
        row = ReviewItem.objects.select_for_update().select_related("task__label_set").filter(pk=item.pk).first()
        if row is None or not ReviewItem.objects.visible_to(user).filter(pk=row.pk).exists():
            raise not_found()
        mine = Review.objects.filter(item=row, by=user).first()
        if mine is None or row.state == ReviewState.GONE:
            raise Problem(409, "nothing_to_undo", _("There is nothing to undo here."))
        if Review.objects.filter(item=row, at__gt=mine.at).exclude(pk=mine.pk).exists():
            raise changed_since()
        if row.state == ReviewState.DONE:
            _take_back(row, mine, user)
        row.n_wanted = mine.written.get("n_wanted", row.n_wanted)
        row.state = ReviewState.OPEN
        if not (row.claimed_until and row.claimed_until > timezone.now()):
            row.claimed_by, row.claimed_until = user, timezone.now() + CLAIM
        mine.delete()
        try:
            with transaction.atomic():
                row.save(update_fields=["n_wanted", "state", "claimed_by", "claimed_until"])
        except IntegrityError:  # the same stretch waits again already
            raise changed_since() from None
    return row


def _take_back(row: ReviewItem, mine: Review, user: Any) -> None:
    written = mine.written.get("kind")
    if written is None:
        raise Problem(409, "not_undoable", _("This decision can't be undone."))
    hooks_for(row.task).undo(row, written, by=user)
    if feedback := mine.written.get("feedback"):
        feedback_restore(feedback)
