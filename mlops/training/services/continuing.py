"""Going on from a version: its model, the data as it sees them, what is new, and the report beside a full training."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.models import ENDED, Job
from mlops.kinds.base import TaskKind
from mlops.kinds.batches import picked
from mlops.kinds.metric import Metric, is_number
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import Continuation, MLError, NotEnoughData, TrainingReport
from mlops.ml.intervals import groups_interval
from mlops.ml.registry import estimator_class
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.training.models.run import Run
from mlops.training.services.comparing import against_version, compared
from mlops.training.services.evaluation import Evaluation, estimator_make
from mlops.training.services.parents import News, news_of, parent_check
from mlops.training.services.spread import MIN_GROUPS, N_DRAWS
from web.refusals import Problem

NAMELESS_S = 24 * 3600
VIEWS = "continue-"
"""Begins the names of folders with which runs go on: then comes the job's key."""


def views_tidy() -> None:
    """A chore: remove the folders that ended or killed jobs left behind."""
    for path in Path(settings.VAR_DIR).glob(f"{VIEWS}*"):
        key = path.name.removeprefix(VIEWS)[:36]
        try:
            is_open = Job.objects.exclude(status__in=ENDED).filter(pk=key).exists()
        except ValidationError:  # of an older version, which did not name the job
            is_open = time.time() - path.stat().st_mtime < NAMELESS_S
        if not is_open:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def folder_of(kind: TaskKind, run: Run) -> Iterator[Path]:
    """The folder of the run's dataset; for a run that goes on, with what was fitted on training data (`kind.fitted`)
    as the parent has it, since its weights mean nothing on another scale."""
    own = dataset_path(run.dataset)
    parent = run.parent
    if parent is None:
        yield own
        return
    told, before = json.loads((own / "manifest.json").read_text("utf-8")), manifest_of(parent)
    kept = {name: before[name] for name in kind.fitted if name in told and name in before}
    with tempfile.TemporaryDirectory(prefix=f"{VIEWS}{run.job_id}-", dir=settings.VAR_DIR) as made:
        view = Path(made)
        for path in own.iterdir():
            if path.name != "manifest.json":
                (view / path.name).symlink_to(path, target_is_directory=path.is_dir())
        (view / "manifest.json").write_text(json.dumps({**told, **kept}, indent=1, sort_keys=True), "utf-8")
        yield view


def manifest_of(version: ModelVersion) -> dict[str, Any]:
    """The manifest of a version's artifact, every file checked."""
    return read_manifest(artifact_path(version))


def continuation_of(context: JobContext, run: Run, train: Any) -> tuple[Continuation, News]:
    """The parent's model, and which of the training examples are new to it. Raises JobFailed."""
    parent = run.parent
    assert parent is not None
    try:
        parent_check(task=run.task, dataset=run.dataset, parent=parent)
    except Problem as problem:
        raise JobFailed(problem.code, problem.detail) from problem
    news = news_of(dataset=run.dataset, parent=parent)
    fresh = np.isin(np.asarray(train.groups).astype(str), sorted(news.groups))
    if not fresh.any():
        raise JobFailed("nothing_new", _("There is nothing new since version %(number)s.") % {"number": parent.number})
    before = estimator_class(parent.estimator).load(artifact_path(parent))
    context.log(f"Continuing from version {parent.number}: {int(fresh.sum())} of {len(train)} examples are new")
    return Continuation(before, fresh), news


def report_of(
    *, context: JobContext, kind: TaskKind, run: Run, folder: Path, judged: Evaluation, report: TrainingReport,
    news: News, train: Any, validation: Any,
) -> dict[str, Any]:  # fmt: skip
    """What is kept in `metrics["continued"]`: whom it goes on from, what was new, both on the same held-out examples,
    and, where asked, a full training beside it."""
    parent = run.parent
    assert parent is not None
    told = {
        "how": estimator_class(run.estimator).continues,
        "n_new": news.n_examples, "n_new_groups": news.n_new, "n_changed_groups": news.n_changed,
        "n_taught": int(report.metrics.get("n_taught", len(train))), "n_examples": len(train),
        "seconds": report.seconds, "parent_seconds": parent.train_s,
        "parent": against_version(version=parent, kind=kind, directory=folder, judged=judged),
    }  # fmt: skip
    if run.compare_full:
        told["full"] = _beside_full(context, kind, run, judged, report, train, validation)
    return told


def _beside_full(
    context: JobContext, kind: TaskKind, run: Run, judged: Evaluation, report: TrainingReport, train: Any,
    validation: Any,
) -> dict[str, Any]:  # fmt: skip
    """A training from nothing on the same data: its time, and each figure of both on the same held-out examples."""
    estimator = estimator_make(estimator_class(run.estimator), run.config, train)
    note = _("Training in full to compare")
    full = estimator.fit(
        train, validation=validation, on_step=lambda done, total: context.step(done, total, note), seed=run.seed
    )
    outputs = kind.outputs(estimator, judged.data)
    ours, theirs = kind.evaluate(judged.outputs, judged.data), kind.evaluate(outputs, judged.data)
    figures = [
        {"metric": metric.name, "own": ours[metric.name], "full": theirs[metric.name]}
        | _difference(kind, metric, judged, outputs)
        for metric in kind.metrics
        if metric.headline and is_number(ours.get(metric.name)) and is_number(theirs.get(metric.name))
    ]
    context.log(f"Trained in full in {full.seconds:.1f} s, continued in {report.seconds:.1f} s")
    return {"seconds": full.seconds, "figures": figures}


def _difference(kind: TaskKind, metric: Metric, judged: Evaluation, outputs: Any) -> dict[str, Any]:
    """{"gain", "low", "high"}: own minus full, whole groups drawn for both alike; no interval with one group."""
    data = judged.data
    is_one = len(set(map(str, data.groups))) < MIN_GROUPS
    try:
        if metric.name == kind.primary.name:
            _own, _full, (gain, low, high), _ = compared(kind, judged.outputs, outputs, data)
        else:
            def gap(places: Any) -> float:
                some = data.take(places)
                own, full = (kind.evaluate(picked(one, places), some) for one in (judged.outputs, outputs))
                return float(own[metric.name] - full[metric.name])

            gain = gap(np.arange(len(data)))
            low, high = groups_interval(gap, np.asarray(data.groups), n=N_DRAWS)
    except (NotEnoughData, MLError, TypeError, KeyError, ValueError):
        return {"gain": None, "low": None, "high": None}
    return {"gain": gain, "low": None if is_one else low, "high": None if is_one else high}
