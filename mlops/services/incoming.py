"""A model from elsewhere becomes a version: checked, stored as an artifact of ours, judged by us, registered.

Its maker's figures are kept as claims (`metrics["claimed"]`) and count for nothing: gates see only what was measured
here. A version that was not judged yet cannot be promoted.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.urls import reverse

from mlops.job_kinds import JobContext, JobFailed
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.contract import MLError
from mlops.ml.foreign import Wanted, probe
from mlops.ml.published import ONNX, Published, restore_network
from mlops.models import Dataset, JudgedSubject, ModelVersion, Task
from mlops.models.dataset import DatasetStatus
from mlops.services.artifacts import MODELS, models_root
from mlops.services.cards import model_card
from mlops.services.gates import gates_compute
from mlops.services.judging import Judgement, judged_rows
from mlops.services.outside_judging import outside_judge
from mlops.services.registry import number_next
from mlops.services.storage import artifact_store
from mlops.services.training import library_versions
from mlops.task_kinds import task_kind
from web.refusals import Problem

NO_FIGURES = {"measured_on": {"part": "none", "text": "Not judged here yet: it cannot be promoted."}}


@dataclass(frozen=True)
class Incoming:
    """A foreign model that passed its checks, not yet an artifact.

    fill(directory) writes the model's files, model.onnx among them; manifest says how to cut and what it answers.
    """

    estimator: str
    config: dict[str, Any]
    manifest: dict[str, Any]
    fill: Callable[[Path], None]
    origin: str
    claimed: dict[str, float] = field(default_factory=dict)


def incoming_from_folder(published: Published, origin: str) -> Incoming:
    """A published folder: a network is rebuilt from its weights, anything else is its ONNX after the checks."""

    def fill(directory: Path) -> None:
        if published.weights is not None:
            restore_network(published, directory)
            return
        assert published.onnx is not None
        wanted = Wanted(published.spec.length, len(published.channels), len(published.labels))
        probe(published.onnx, directory / ONNX, "onnx", wanted)

    manifest = {
        "labels": list(published.labels),
        "window_spec": published.spec.to_json(),
        "layout": published.layout,
        "scaler": published.scaler,
        **published.abstain,
        "stated": {name: value for name, value in published.facts.items() if value},
    }
    return Incoming(published.estimator, published.settings, manifest, fill, origin, published.claimed)


def incoming_register(*, context: JobContext, task: Task, incoming: Incoming) -> ModelVersion:
    """Store, judge on the newest dataset of the task, register, and end the job.

    Raises JobFailed `labels_differ`, `bad_artifact` and whatever the checks say.
    """
    check_labels(task, incoming.manifest["labels"])
    manifest = {
        "kind": task.kind,
        "task": task.name,
        "estimator": incoming.estimator,
        "config": incoming.config,
        "seed": None,
        "dataset_hash": "",
        "code_version": settings.VERSION,
        "libraries": library_versions(),
        "metrics": {},
        "claimed": incoming.claimed,
        "origin": incoming.origin,
        "demo": False,
        **incoming.manifest,
    }

    def fill(directory: Path) -> None:
        incoming.fill(directory)
        (directory / "README.md").write_text(model_card(task=task, manifest=manifest), "utf-8")

    context.step(0, 0, "Checking the model")
    path = write_artifact(models_root(), f"{context.job.pk}-{context.job.attempt}", fill, manifest)
    try:
        task_kind(task.kind).scorer(path)
        dataset = dataset_to_judge_on(task)
        judged = None
        if dataset is None:
            context.log("There is no dataset of this task yet, so the model was not judged")
        else:
            judged = outside_judge(context=context, task=task, path=path, dataset=dataset)
        return _register(context, task, incoming, path, judged)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def version_judge(*, context: JobContext, version: ModelVersion, path: Path, dataset: Dataset) -> None:
    """Judge a registered version again, on a dataset that was built since; ends the job."""
    judged = outside_judge(context=context, task=version.task, path=path, dataset=dataset)
    with context.commit():
        ModelVersion.objects.select_for_update().filter(pk=version.pk).exists()
        metrics = {**judged.metrics, "claimed": version.metrics.get("claimed", {})}
        figures = {
            "metrics": metrics,
            "gates": gates_compute(version.task.gates, metrics),
            "score": _number(metrics.get(version.metric.name)),
        }
        ModelVersion.objects.filter(pk=version.pk).update(**figures)
        JudgedSubject.objects.filter(version=version).delete()
        JudgedSubject.objects.bulk_create(judged_rows(version, judged))
        context.result.update(
            url=reverse("mlops:version", args=[version.pk]), label="Open the model", text="Judged on our data."
        )


def dataset_to_judge_on(task: Task) -> Dataset | None:
    """The newest complete dataset of the task."""
    return Dataset.objects.filter(task=task, status=DatasetStatus.READY).order_by("-created_at").first()


def check_task(task: Task) -> None:
    """Models come in for tasks that ask about windows. Raises Problem 409 `no_windows` for any other."""
    if "window_spec" not in task.input:
        raise Problem(409, "no_windows", "Models can come in only for tasks whose models answer windows of a signal.")


def check_labels(task: Task, labels: list[str]) -> None:
    """A model must answer with exactly the task's labels, in any order. Raises JobFailed `labels_differ`."""
    wanted = task.label_set.names if task.label_set else labels
    if sorted(wanted) != sorted(labels):
        missing, strange = sorted(set(wanted) - set(labels)), sorted(set(labels) - set(wanted))
        words = "; ".join(
            f"{word}: {', '.join(names[:8])}" for word, names in (("it lacks", missing), ("it adds", strange)) if names
        )
        raise JobFailed("labels_differ", f"Its labels are not those of the task ({words or 'one is there twice'}).")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for what is being checked, on the disk of the models."""
    models_root().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".incoming-", suffix=".partial", dir=models_root())


def _register(
    context: JobContext, task: Task, incoming: Incoming, path: Path, judged: Judgement | None
) -> ModelVersion:
    manifest = read_manifest(path)
    measured = judged.metrics if judged is not None else NO_FIGURES
    metrics = {**measured, "claimed": incoming.claimed}
    artifact_store(path)
    with context.commit():
        Task.objects.select_for_update().filter(pk=task.pk).exists()
        version = ModelVersion.objects.create(
            task=task,
            number=number_next(task),
            estimator=incoming.estimator,
            artifact_dir=f"{MODELS}/{path.name}",
            artifact_hash=manifest["content_hash"],
            metrics=metrics,
            gates=gates_compute(task.gates, metrics),
            size_bytes=sum(file["size"] for file in manifest["files"].values()),
            dataset_hash=str(incoming.manifest.get("stated", {}).get("dataset_hash") or "")[:64],
            code_version=settings.VERSION,
            libraries=manifest["libraries"],
            origin=incoming.origin[:200],
        )
        if judged is not None:
            JudgedSubject.objects.bulk_create(judged_rows(version, judged))
        context.result.update(
            url=reverse("mlops:version", args=[version.pk]),
            label="Open the model",
            version=str(version.pk),
            text=f"Registered as version {version.number}"
            + (", judged on our data." if judged is not None else ", not judged yet: build a dataset first."),
        )
    return version


def sentence_of(error: MLError) -> JobFailed:
    """A refusal of the library as the job's reason."""
    text = str(error)
    return JobFailed(error.code, f"{text[:1].upper()}{text[1:]}".rstrip(".") + ".")


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
    return float(value) if good else None

