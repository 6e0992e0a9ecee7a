"""Filling the review queue: what waits for a yes or no, and what the champion is unsure about."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.answers import Answer
from mlops.kinds.base import TaskKind
from mlops.kinds.questions import Locator
from mlops.kinds.review import ReviewHooks, Unlabelled
from mlops.ml.contract import OnStep, ignore
from mlops.ml.selection import SPREAD_AMONG, pick_diverse, pick_spread, pick_uncertain
from mlops.registry.models import ModelVersion
from mlops.review.models import ReviewItem, ReviewReason, ReviewState
from mlops.serving.services.offline import answers_of
from mlops.serving.services.versions import ServedVersion, version_served
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import Problem

N_UNCERTAIN, N_DIVERSE, N_AUDIT = 40, 30, 20
MAX_EXAMPLES, MAX_PROPOSALS = 20_000, 300
DOUBLE_SHARE = 0.15
"""Of the queue is decided by two people, so that one sees whether they agree."""
BY_MODEL = (ReviewReason.UNCERTAIN, ReviewReason.DIVERSE, ReviewReason.AUDIT)


@dataclass
class _Scored:
    """All candidate examples of a task, side by side; statistics (n, columns) may have no column."""

    sources: list[uuid.UUID] = field(default_factory=list)
    athletes: list[int] = field(default_factory=list)
    places: list[Locator] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    statistics: list[npt.NDArray[Any]] = field(default_factory=list)


def hooks_for(task: Task) -> ReviewHooks:
    """What the task's kind gives to the queue. Problem 409 `not_reviewable` for kinds without it."""
    hooks = kind_for(task).review
    if hooks is None:
        raise Problem(409, "not_reviewable", _("This task has no examples to review here."))
    return hooks


def fill_start(*, task: Task, owner: Any) -> Job:
    """Let the champion score what nobody has labelled, in the background. One open job per task."""
    hooks_for(task)
    return job_create(
        kind="review.fill",
        title=_("Score unlabelled %(examples)s for %(task)s") % {"examples": task.example.words, "task": task.title},
        owner=owner,
        parameters={"task": str(task.pk)},
        is_engine=True,
        dedupe_key=f"review.fill:{task.pk}",
    )


def proposals_queue(*, task: Task) -> int:
    """Put what waits for a yes or no into the queue and take out what was decided elsewhere; returns how many."""
    hooks = kind_for(task).review
    if hooks is None:
        return 0
    waiting = ReviewItem.objects.filter(task=task, state=ReviewState.OPEN, span__isnull=False)
    if settled := hooks.settled([pk for pk in waiting.values_list("span", flat=True) if pk]):
        waiting.filter(span__in=settled).update(state=ReviewState.GONE)
    known = set(ReviewItem.objects.filter(task=task, span__isnull=False).values_list("span", flat=True))
    scope, versions = kind_for(task).learning_scope, _versions(task)
    rows = [
        ReviewItem(
            task=task, version=versions.get(one.version_number), athlete_id=one.athlete_id, scope=scope,
            reason=ReviewReason.CORRECTION if one.is_correction else ReviewReason.UNCERTAIN,
            source=one.source, span=one.span, start_s=one.locator.start_s, end_s=one.locator.end_s,
            place=one.locator.place, label=one.correction.label, correction=one.correction.value,
            urgency=3.0 if one.is_correction else 2.5,
        )
        for _, one in zip(range(MAX_PROPOSALS), hooks.proposals(task), strict=False)
        if one.span not in known
    ]  # fmt: skip
    return len(ReviewItem.objects.bulk_create(rows, ignore_conflicts=True))


def fill_choose(*, task: Task, version: ModelVersion, on_step: OnStep = ignore, seed: int = 0) -> list[ReviewItem]:
    """Score what nobody has labelled and choose what a person should see; unsaved items. Empty without candidates."""
    kind, hooks, served = kind_for(task), hooks_for(task), version_served(version)
    scored = _score(kind, hooks.unlabelled(task, served.manifest), served, on_step)
    n = len(scored.answers)
    if not n:
        return []
    rng = np.random.default_rng(seed)
    unsure = kind.uncertainty(scored.answers)
    points = np.concatenate(scored.statistics)
    doubtful = pick_uncertain(unsure, scored.sources, SPREAD_AMONG * N_UNCERTAIN)
    uncertain = pick_spread(doubtful, points, N_UNCERTAIN)
    diverse = pick_diverse(points, N_DIVERSE, uncertain.tolist())
    rest = np.setdiff1d(np.arange(n), np.concatenate([uncertain, diverse]))
    audit = rng.permutation(rest)[:N_AUDIT]
    items = []
    chosen = ((ReviewReason.UNCERTAIN, uncertain), (ReviewReason.DIVERSE, diverse), (ReviewReason.AUDIT, audit))
    for reason, numbers in chosen:
        for rank, number in enumerate(numbers.tolist()):
            answer, place = scored.answers[number], scored.places[number]
            guess = replace(answer.headline, reason="")  # the best one: held-out figures count it too
            proposed = kind.confirmation(guess, answer.value)
            items.append(
                ReviewItem(
                    task=task, version=version, athlete_id=scored.athletes[number], scope=kind.learning_scope,
                    reason=reason, source=scored.sources[number], start_s=place.start_s, end_s=place.end_s,
                    place=place.place, label=proposed.label, correction=proposed.value, scores=answer.value,
                    said=guess.to_json(), urgency=1.99 - rank / (len(numbers) + 1) + 0.01 * float(unsure[number]),
                    n_wanted=2 if rng.random() < DOUBLE_SHARE else 1,
                )
            )  # fmt: skip
    return items


def fill_store(*, task: Task, items: Sequence[ReviewItem]) -> int:
    """Replace what the model put into the queue before and nobody has looked at. Call inside the job's commit."""
    with transaction.atomic():
        untouched = ReviewItem.objects.filter(
            task=task, state=ReviewState.OPEN, reason__in=BY_MODEL, span__isnull=True, reviews__isnull=True,
            claimed_until__isnull=True,
        )  # fmt: skip
        ReviewItem.objects.filter(pk__in=list(untouched.values_list("pk", flat=True))).delete()
        ReviewItem.objects.bulk_create(items, ignore_conflicts=True)
    return len(items)


def _score(kind: TaskKind, found: Iterable[Unlabelled], served: ServedVersion, on_step: OnStep) -> _Scored:
    scored = _Scored()
    for one in found:
        on_step(len(scored.answers), MAX_EXAMPLES)
        n = min(len(one.inputs), MAX_EXAMPLES - len(scored.answers))
        if not n:
            break
        some = one.inputs.take(range(n))
        scored.answers += answers_of(served, some)
        scored.statistics.append(kind.statistics(some.values, served.manifest))
        scored.sources += [one.source] * n
        scored.athletes += [one.athlete_id] * n
        scored.places += map(some.at, range(n))
    return scored


def _versions(task: Task) -> Mapping[str, ModelVersion]:
    """Number as text → version, to bind a correction to what answered."""
    return {str(version.number): version for version in ModelVersion.objects.filter(task=task)}
