"""Filling the review queue: labels that wait for a yes or no, and what the champion is unsure about."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction

from mlops.ml.contract import OnStep, ignore
from mlops.ml.drift import window_statistics
from mlops.ml.selection import margins, pick_diverse, pick_uncertain
from mlops.models import Job, ModelVersion, ReviewItem, ReviewReason, ReviewState, Task
from mlops.review_hooks import ReviewHooks, Unlabelled
from mlops.services.datasets import kind_for
from mlops.services.jobs import job_create
from mlops.services.serving import scorer_of, version_served
from web.refusals import Problem

N_UNCERTAIN, N_DIVERSE, N_AUDIT = 40, 30, 20
MAX_WINDOWS, MAX_PROPOSALS = 20_000, 300
DOUBLE_SHARE = 0.15
"""Of the queue is decided by two people, so that one sees whether they agree."""
BY_MODEL = (ReviewReason.UNCERTAIN, ReviewReason.DIVERSE, ReviewReason.AUDIT)


@dataclass
class _Scored:
    """All candidate windows of a task, side by side."""

    sources: list[uuid.UUID]
    athletes: list[int]
    times: list[tuple[float, float]]
    proba: npt.NDArray[Any]
    statistics: npt.NDArray[Any]


def hooks_for(task: Task) -> ReviewHooks:
    """What the task's kind gives to the queue. Problem 409 `not_reviewable` for kinds without it."""
    hooks = kind_for(task).review
    if hooks is None:
        raise Problem(409, "not_reviewable", "Nothing of this task can be reviewed here.")
    return hooks


def fill_start(*, task: Task, owner: Any) -> Job:
    """Let the champion score what nobody has labelled, in the background. One open job per task."""
    hooks_for(task)
    return job_create(
        kind="review.fill",
        title=f"Score unlabelled recordings for {task.title}",
        owner=owner,
        parameters={"task": str(task.pk)},
        is_engine=True,
        dedupe_key=f"review.fill:{task.pk}",
    )


def proposals_queue(*, task: Task) -> int:
    """Put labels that wait for a yes or no into the queue and take out what was decided elsewhere; returns how many."""
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
            source=one.source, span=one.span, start_s=one.start_s, end_s=one.end_s, label=one.label,
            urgency=3.0 if one.is_correction else 2.5,
        )
        for _, one in zip(range(MAX_PROPOSALS), hooks.proposals(task), strict=False)
        if one.span not in known
    ]  # fmt: skip
    return len(ReviewItem.objects.bulk_create(rows, ignore_conflicts=True))


def fill_choose(*, task: Task, version: ModelVersion, on_step: OnStep = ignore, seed: int = 0) -> list[ReviewItem]:
    """Score what nobody has labelled and choose what a person should see; unsaved items. Empty without candidates."""
    hooks, served = hooks_for(task), version_served(version)
    scored = _score(hooks.unlabelled(task, served.manifest), served, on_step)
    if scored is None:
        return []
    rng = np.random.default_rng(seed)
    uncertain = pick_uncertain(scored.proba, scored.sources, N_UNCERTAIN)
    diverse = pick_diverse(scored.statistics, N_DIVERSE, uncertain.tolist())
    rest = np.setdiff1d(np.arange(len(scored.times)), np.concatenate([uncertain, diverse]))
    audit = rng.permutation(rest)[:N_AUDIT]
    labels = [str(label) for label in served.manifest["labels"]]
    gaps = margins(scored.proba)
    items = []
    chosen = ((ReviewReason.UNCERTAIN, uncertain), (ReviewReason.DIVERSE, diverse), (ReviewReason.AUDIT, audit))
    for reason, places in chosen:
        for rank, place in enumerate(places.tolist()):
            start_s, end_s = scored.times[place]
            row = scored.proba[place]
            order = np.argsort(-row, kind="stable")
            items.append(
                ReviewItem(
                    task=task, version=version, athlete_id=scored.athletes[place],
                    scope=kind_for(task).learning_scope, reason=reason, source=scored.sources[place],
                    start_s=start_s, end_s=end_s, label=labels[order[0]],
                    scores=[{"label": labels[i], "score": round(float(row[i]), 4)} for i in order],
                    urgency=2.0 - rank / (len(places) + 1) - 0.01 * float(gaps[place]),
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


def _score(found: Iterable[Unlabelled], served: Any, on_step: OnStep) -> _Scored | None:
    scorer = scorer_of(served)
    answer = getattr(scorer, "answer_raw", scorer.answer)
    sources: list[uuid.UUID] = []
    athletes: list[int] = []
    times: list[tuple[float, float]] = []
    proba: list[npt.NDArray[Any]] = []
    statistics: list[npt.NDArray[Any]] = []
    for one in found:
        on_step(len(times), MAX_WINDOWS)
        n = min(len(one.inputs), MAX_WINDOWS - len(times))
        if not n:
            break
        for at in range(0, n, 256):
            part = one.inputs[at : min(at + 256, n)]
            proba.append(np.asarray(answer(part)))
            statistics.append(window_statistics(part, one.rate_hz))
        sources += [one.source] * n
        athletes += [one.athlete_id] * n
        times += one.times[:n]
    if not times:
        return None
    return _Scored(sources, athletes, times, np.concatenate(proba), np.concatenate(statistics))


def _versions(task: Task) -> Mapping[str, ModelVersion]:
    """Number as text → version, to bind a correction to what answered."""
    return {str(version.number): version for version in ModelVersion.objects.filter(task=task)}
