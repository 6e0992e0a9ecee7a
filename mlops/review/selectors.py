"""The review queue in numbers: what waits, what was done, whether people agree."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction
from mlops.kinds.base import task_kind
from mlops.ml.agreement import cohen_kappa, krippendorff_alpha
from mlops.review.models import Review, ReviewAction, ReviewItem, ReviewReason, ReviewState
from mlops.tasks.models import Task
from web.numbers import spelled, spelled_share

MAX_SHARED = 300
"""The newest items that several people decided; more would take seconds where answers are numbers."""


@dataclass(frozen=True)
class Agreement:
    """Over items that several people decided without seeing each other."""

    n_items: int
    share_equal: float | None
    alpha: float | None
    """Krippendorff's, over everybody."""
    kappa: float | None
    """Cohen's, of the two people who shared most items."""

    @property
    def sentence(self) -> str:
        if not self.n_items or self.share_equal is None:
            return _("Not enough data yet. About one item in seven goes to two reviewers.")
        text = _(
            "In the latest %(n_items)s items with several reviewers, %(share_equal)s of decisions agree"
        ) % {"n_items": self.n_items, "share_equal": spelled_share(self.share_equal)}
        if self.alpha is not None:
            text += f", Krippendorff's alpha {spelled(self.alpha, '.2f')}"
        if self.kappa is not None:
            text += f", Cohen's kappa {spelled(self.kappa, '.2f')}"
        return _("%(value)s. (1 is perfect agreement, 0 is chance.)") % {"value": text}


@dataclass(frozen=True)
class QueueCounts:
    """What waits by reason, and what `user` did today."""

    by_reason: list[tuple[str, int]]
    n_open: int
    n_done: int
    n_mine_today: int


def item_list(user: Any) -> QuerySet[ReviewItem]:
    """Most urgent first."""
    return ReviewItem.objects.visible_to(user).select_related("task", "version", "athlete")


def item_get_for(*, user: Any, pk: Any) -> ReviewItem:
    rows = ReviewItem.objects.visible_to(user).select_related("task__label_set", "version", "athlete")
    return get_object_or_404(rows, pk=pk)


def queue_counts(user: Any, task: Task | None = None) -> QueueCounts:
    """Of one task or of all."""
    rows = item_list(user) if task is None else item_list(user).filter(task=task)
    waiting = rows.filter(state=ReviewState.OPEN).order_by().values("reason").annotate(n=Count("pk"))
    found = dict(waiting.values_list("reason", "n"))
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Review.objects.filter(by=user, at__gte=today).exclude(action=ReviewAction.SKIP)
    if task is not None:
        mine = mine.filter(item__task=task)
    return QueueCounts(
        [(str(reason.label), found[reason.value]) for reason in ReviewReason if reason.value in found],
        sum(found.values()),
        rows.filter(state=ReviewState.DONE).count(),
        mine.count(),
    )


@dataclass(frozen=True)
class _Said:
    """What one person said about an item of a kind; equal and hashable by its JSON, whatever its form."""

    kind: str
    json: str
    correction: Correction = field(compare=False)

    def alike(self, other: "_Said") -> bool:
        """The same, as the kind sees it."""
        try:
            return self.kind == other.kind and task_kind(self.kind).alike(self.correction, other.correction)
        except KeyError:  # no installed app has the kind any more
            return self == other


def agreement(user: Any, task: Task | None = None) -> Agreement:
    """Skips do not count; "none of these" and "nothing here" are one answer."""
    rows = Review.objects.filter(item__in=item_list(user)).exclude(action=ReviewAction.SKIP)
    if task is not None:
        rows = rows.filter(item__task=task)
    units: dict[Any, dict[Any, _Said]] = defaultdict(dict)
    found = rows.order_by("at").values_list("item", "by", "item__task__kind", "label", "correction")
    for item, by, kind, label, value in found:
        units[item][by] = _Said(kind, json.dumps([label, value], sort_keys=True), Correction(label, value))
    shared = [unit for unit in units.values() if len(unit) > 1][-MAX_SHARED:]
    if not shared:
        return Agreement(0, None, None, None)
    alike = _Said.alike
    equal = sum(all(alike(a, b) for a, b in combinations(unit.values(), 2)) for unit in shared) / len(shared)
    pairs = Counter(pair for unit in shared for pair in combinations(sorted(unit, key=str), 2))
    (first, second), _ = pairs.most_common(1)[0]
    both = [unit for unit in shared if first in unit and second in unit]
    kappa = cohen_kappa([unit[first] for unit in both], [unit[second] for unit in both], alike)
    alpha = krippendorff_alpha([list(unit.values()) for unit in shared], alike)
    return Agreement(len(shared), equal, alpha, kappa)


def tasks_to_review(user: Any) -> list[tuple[Task, int]]:
    """Tasks with the number of items that wait."""
    waiting = Q(review_items__in=ReviewItem.objects.visible_to(user), review_items__state=ReviewState.OPEN)
    rows = Task.objects.visible_to(user).annotate(n_waiting=Count("review_items", filter=waiting, distinct=True))
    return [(task, task.n_waiting) for task in rows.order_by("-n_waiting", "title")]  # type: ignore[attr-defined]
