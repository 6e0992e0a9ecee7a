"""A model from elsewhere is evaluated on our own held-out data."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.languages import SITE
from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.base import TaskKind, task_kind
from mlops.kinds.batches import joined
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import MLError, NotEnoughData
from mlops.registry.models import EvaluatedSubject, ModelVersion
from mlops.registry.selectors import champion_of, is_imported
from mlops.tasks.models import Task
from mlops.tasks.services.gates import gates_compute
from mlops.training.services.comparing import against_champion
from mlops.training.services.evaluation import Evaluation, evaluated_rows, evaluation_of, part_load, primary_of
from web.refusals import Problem

EVALUATE = "version.judge"
MAX_BATCH = 256
MAX_ASKED = 400
"""Examples that a remote model is evaluated on, spread evenly over the held-out ones."""


def evaluate_start(*, version: ModelVersion, by: Any) -> Job:
    """Queue a new evaluation on the newest dataset. Raises Problem 409 `trained_here`, `no_dataset`; QuotaExceeded."""
    if not is_imported(version):
        raise Problem(409, "trained_here", _("This version was trained and evaluated here. Its metrics do not change."))
    if newest_dataset(version.task) is None:
        raise Problem(409, "no_dataset", _("This task has no dataset yet. Build one first."))
    return job_create(
        kind=EVALUATE,
        title=_("Evaluate %(version)s") % {"version": version},
        owner=by,
        parameters={"version": str(version.pk)},
        is_engine=True,
        dedupe_key=f"{EVALUATE}:{version.pk}",
    )


def evaluate_run(*, context: JobContext, version: ModelVersion, path: Path, dataset: Dataset) -> None:
    """Replace the figures of a version by those on a dataset that was built since; ends the job."""
    judged = evaluate_artifact(context=context, task=version.task, path=path, dataset=dataset)
    with context.commit():
        ModelVersion.objects.select_for_update().filter(pk=version.pk).exists()
        metrics = {**judged.metrics, "claimed": version.metrics.get("claimed", {})}
        ModelVersion.objects.filter(pk=version.pk).update(
            metrics=metrics,
            gates=gates_compute(version.task.gates, metrics),
            score=primary_of(task_kind(version.task.kind), metrics),
        )
        EvaluatedSubject.objects.filter(version=version).delete()
        EvaluatedSubject.objects.bulk_create(evaluated_rows(version, judged))
        text = _("Evaluated on our data.")
        context.result.update(url=f"/ml/versions/{version.pk}/", label=_("Open model"), text=text)


def newest_dataset(task: Task) -> Dataset | None:
    """The newest complete dataset of the task."""
    return Dataset.objects.filter(task=task, status=DatasetStatus.READY).order_by("-created_at").first()


def evaluate_artifact(*, context: JobContext, task: Task, path: Path, dataset: Dataset) -> Evaluation:
    """Answers of an artifact to the held-out part of a dataset, as metrics like those of our own trainings.

    A dataset that splits by each group in turn is taken whole: the model has seen nothing of it. Raises Unfit where
    the two do not fit, JobFailed `nothing_to_judge_on`, `bad_artifact`, `not_served`.
    """
    kind, folder = task_kind(task.kind), dataset_path(dataset)
    own, model = kind.manifest(folder), read_manifest(path)
    part, data = _held_out(kind, folder, dataset)
    scorer = scorer_open(kind, path)
    remote = getattr(scorer, "remote", None)
    if remote is not None:
        remote.strict = True  # what the fallback would answer is not its figure
        data = data.take(np.linspace(0, len(data) - 1, min(len(data), MAX_ASKED)).round().astype(int))
    pieces, batch = [], min(MAX_BATCH, kind.max_batch(model))
    for at in range(0, len(data), batch):
        context.step(at, len(data), _("Evaluating"))
        few = data.take(np.arange(at, min(at + batch, len(data))))
        pieces.append(_answers(scorer, kind.exchange.values(kind, few, own, model)))
    outputs = kind.exchange.arrange(joined(pieces), data, model)
    train = part_load(kind, folder, "train")
    baseline = kind.baseline(train, data) if train is not None else {}
    judged = evaluation_of(kind, dataset, outputs, data, part, baseline)
    if (champion := champion_of(task)) is not None:
        judged.metrics["against"] = against_champion(champion=champion, kind=kind, directory=folder, judged=judged)
    measured = judged.metrics["measured_on"]
    text = measured["text"]
    if part == "each":
        with translation.override(SITE):
            text = f"{kind.example.count(len(data))} of {kind.example.count_groups(len(measured['subjects']))}."
    text += f" It was made elsewhere, so it may have been trained on the same {kind.example.groups}."
    return replace(judged, metrics={**judged.metrics, "measured_on": {**measured, "text": text}})


def scorer_open(kind: TaskKind, path: Path) -> Any:
    """The kind's scorer of an artifact. Raises BadArtifact, JobFailed `not_served`, `bad_artifact`."""
    try:
        return kind.scorer(path)
    except NotImplementedError as error:
        raise JobFailed("not_served", _("Models of the kind “%(kind)s” can't serve.") % {"kind": kind.title}) from error
    except (MLError, JobFailed):
        raise
    except Exception as error:  # a stranger's manifest may hold anything
        text = _("The model cannot be opened (%(error)s).") % {"error": type(error).__name__}
        raise JobFailed("bad_artifact", text) from error


def _answers(scorer: Any, values: Any) -> Any:
    try:
        return scorer.answer(values)
    except MLError:
        raise
    except Exception as error:  # a scorer raises whatever its library does
        text = _("The model cannot process the examples of the dataset (%(error)s).") % {"error": type(error).__name__}
        raise JobFailed("bad_artifact", text) from error


def _held_out(kind: TaskKind, folder: Path, dataset: Dataset) -> tuple[str, Any]:
    """Part and examples, as measured."""
    each = dataset.facts.get("split", {}).get("how") == "each"
    for part in ("train",) if each else ("test", "val"):
        try:
            data = kind.load_raw(folder, part)
        except NotEnoughData:
            continue
        if len(data):
            return "each" if each else part, data
    raise JobFailed("nothing_to_judge_on", _(
        "The dataset has no held-out test set, so the model can't be evaluated."
    ))
