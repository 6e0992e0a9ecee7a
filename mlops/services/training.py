"""From a run to a judged, exported, registered model version."""

import json
import platform
import shutil
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Max
from django.urls import reverse

from mlops.job_kinds import JobContext, JobFailed
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.contract import Estimator, NotEnoughData, Windows
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import MODEL_FILE, OnnxScorer
from mlops.models import Dataset, ModelVersion, Run, Task
from mlops.models.dataset import DatasetStatus
from mlops.services.artifacts import MODELS, artifact_name, dataset_path, models_root
from mlops.services.cards import model_card
from mlops.task_kinds import TaskKind, task_kind

ONNX_TOLERANCE = 1e-4
N_COMPARED = 64
CURVE_EVERY_S = 1.0
LIBRARIES = ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime")


def run_train(*, context: JobContext, run: Run) -> ModelVersion:
    """Fit, judge on people the model has not seen, export, and register one version.

    Raises what the library raises, and JobFailed for a dataset that changed or an export that differs.
    """
    kind = task_kind(run.task.kind)
    folder = dataset_path(run.dataset)
    context.step(0, 0, "Reading the dataset")
    train, validation = kind.load(folder, "train"), part_load(kind, folder, "val")
    found = estimator_class(run.estimator)
    estimator = found(found.Config(**run.config), labels=train.labels)
    context.log(f"{len(train)} windows to learn from, {len(validation or ())} to validate")
    judged = None
    if run.dataset.facts.get("split", {}).get("how") == "each":
        judged = judge_each(kind, found, run, context)
    report = estimator.fit(
        train,
        validation=validation,
        on_step=lambda done, total: context.step(done, total, "Training on everybody" if judged else "Training"),
        on_epoch=CurveWriter(context, run),
        seed=run.seed,
    )
    context.log(f"Trained in {report.seconds:.1f} s, {report.n_parameters} parameters")
    context.step(0, 0, "Judging")
    metrics = judged or _judge(kind, estimator, run, train, validation)
    gates = gates_compute(run.task.gates, metrics)
    manifest = {
        "kind": run.task.kind,
        "task": run.task.name,
        "estimator": run.estimator,
        "config": run.config,
        "seed": run.seed,
        "dataset_hash": run.dataset.content_hash,
        "code_version": settings.VERSION,
        "libraries": library_versions(),
        "metrics": without_names(metrics),
        "training": {"seconds": report.seconds, "n_parameters": report.n_parameters, **report.metrics},
        "demo": run.is_demo,
        **kind.manifest(folder),
    }
    path = write_artifact(
        models_root(),
        artifact_name(run=run, attempt=context.job.attempt),
        _filler(context, estimator, run, manifest),
        manifest,
    )
    try:
        _compare_export(path, estimator, train)
        return _register(context, run, path, metrics, gates)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


class CurveWriter:
    """Collects the curve and stores it about once a second, only while the attempt holds the job."""

    def __init__(self, context: JobContext, run: Run) -> None:
        self._context, self._run = context, run
        self.curve: list[dict[str, float]] = []
        self._written_at = float("-inf")

    def __call__(self, numbers: dict[str, float]) -> None:
        self.curve.append(numbers)
        words = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        self._context.log(words)
        if time.monotonic() - self._written_at >= CURVE_EVERY_S:
            self._written_at = time.monotonic()
            with self._context.commit(final=False):
                Run.objects.filter(pk=self._run.pk).update(curve=self.curve)
        self._run.curve = self.curve


def part_load(kind: TaskKind, folder: Path, part: str) -> Windows | None:
    """A part of a dataset, None when it has no windows."""
    try:
        data = kind.load(folder, part)
    except NotEnoughData:
        return None
    return data if len(data) else None


def gates_compute(gates: dict[str, float], metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{"accuracy": {"least", "value", "passed"}}; a metric that was not measured does not pass."""
    computed: dict[str, dict[str, Any]] = {}
    for name, least in gates.items():
        value = metrics.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            computed[name] = {"least": least, "value": None, "passed": False}
        else:
            computed[name] = {"least": least, "value": value, "passed": value >= least}
    return computed


def library_versions() -> dict[str, str]:
    """Versions of what a model's numbers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _judge(
    kind: TaskKind, estimator: Estimator, run: Run, train: Windows, validation: Windows | None
) -> dict[str, Any]:
    """Metrics on the test part; on the validation part, said so, when nobody is left for a test."""
    part, data = "test", part_load(kind, dataset_path(run.dataset), "test")
    if data is None:
        part, data = "val", validation
    if data is None:
        raise JobFailed("nothing_to_judge_on", "The dataset keeps no windows aside, so the model cannot be judged.")
    metrics = dict(kind.evaluate(estimator.predict_proba(data.x), data))
    metrics["measured_on"] = measured_on(
        run.dataset, part=part, subjects=sorted(set(map(str, data.groups))), n=len(data)
    )
    metrics["baseline_accuracy"] = _baseline(train, data)
    return metrics


def judge_each(kind: TaskKind, found: type[Estimator], run: Run, context: JobContext) -> dict[str, Any]:
    """Leave one subject out, each in turn; metrics over all of them together, and the accuracy for each."""
    folder = dataset_path(run.dataset)
    subjects = sorted(set(map(str, kind.load(folder, "train").groups)))
    answers, unseen, accuracies, right = [], [], {}, 0.0
    for number, subject in enumerate(subjects, 1):
        known, held_out = kind.fold(folder, subject)
        estimator = found(found.Config(**run.config), labels=known.labels)
        note = f"Judging person {number} of {len(subjects)}"
        estimator.fit(known, on_step=partial(context.step, note=note), seed=run.seed)
        proba = estimator.predict_proba(held_out.x)
        accuracies[subject] = float((proba.argmax(axis=1) == held_out.y).mean())
        right += _baseline(known, held_out) * len(held_out)
        context.log(f"Person {number}: accuracy {accuracies[subject]:.3f} by a model of the others")
        answers.append(proba)
        unseen.append(held_out)
    data = Windows(
        np.concatenate([part.x for part in unseen]),
        np.concatenate([part.y for part in unseen if part.y is not None]),
        np.concatenate([part.groups for part in unseen]),
        unseen[0].labels,
    )
    metrics = dict(kind.evaluate(np.concatenate(answers), data))
    metrics["measured_on"] = measured_on(run.dataset, part="each", subjects=subjects, n=len(data))
    metrics["per_subject"] = accuracies
    metrics["baseline_accuracy"] = right / len(data)
    return metrics


def without_names(metrics: dict[str, Any]) -> dict[str, Any]:
    """Figures as an artifact keeps them: it never changes and travels, so that no pseudonym may be in it."""
    kept = {name: value for name, value in metrics.items() if name != "per_subject"}
    if isinstance(kept.get("measured_on"), dict):
        kept["measured_on"] = {name: value for name, value in kept["measured_on"].items() if name != "subjects"}
    return kept


def _baseline(train: Windows, data: Windows) -> float:
    """Accuracy of always answering the most frequent training label: what any model must beat."""
    if train.y is None or data.y is None:
        return 0.0
    return float((data.y == np.bincount(train.y).argmax()).mean())


def measured_on(dataset: Dataset, *, part: str, subjects: list[str], n: int) -> dict[str, Any]:
    """What figures were measured on, for programs and, as "text", for people."""
    facts = dataset.facts
    leaky = bool(facts.get("split", {}).get("leaky"))
    generated = bool(facts.get("generated"))
    people = f"{len(subjects)} {'person' if len(subjects) == 1 else 'people'}"
    if leaky:
        text = f"{n} windows of {people} who are also in the training data: the figures are too good."
    elif part == "each":
        text = f"{n} windows of {people}, each judged by a model of all others; this model then learned from everybody."
    elif part == "val":
        text = (
            f"{n} windows of {people} kept out of training, who also chose when to stop: "
            "the figures are a little too good."
        )
    else:
        text = f"{n} windows of {people} the model has never seen."
    if generated:
        text += " Some or all of this data was generated, not recorded."
    return {"part": part, "subjects": subjects, "n_windows": n, "leaky": leaky, "generated": generated, "text": text}


def _filler(context: JobContext, estimator: Estimator, run: Run, manifest: dict[str, Any]) -> Callable[[Path], None]:
    def fill(directory: Path) -> None:
        context.step(0, 0, "Saving")
        estimator.save(directory)
        context.step(0, 0, "Exporting")
        estimator.export_onnx(directory / MODEL_FILE)
        (directory / "README.md").write_text(model_card(task=run.task, manifest=manifest), "utf-8")
        (directory / "metrics.json").write_text(json.dumps(manifest["metrics"], indent=1), "utf-8")

    return fill


def _compare_export(path: Path, estimator: Estimator, data: Windows) -> None:
    """What the site will serve must answer like what was judged."""
    x = data.x[:N_COMPARED]
    gap = float(np.abs(OnnxScorer.open(path).score(x) - estimator.predict_proba(x)).max())
    if not gap <= ONNX_TOLERANCE:
        raise JobFailed("export_differs", f"The exported model answers differently (by {gap:.2g}); it was not kept.")


def _register(
    context: JobContext, run: Run, path: Path, metrics: dict[str, Any], gates: dict[str, Any]
) -> ModelVersion:
    """The one transaction that makes the version and ends the job."""
    manifest = read_manifest(path)
    with context.commit():
        Task.objects.select_for_update().filter(pk=run.task_id).exists()
        dataset = Dataset.objects.get(pk=run.dataset_id)
        if dataset.status != DatasetStatus.READY:
            raise JobFailed(
                "dataset_redacted", "The dataset was redacted while the model was trained. Build a new one."
            )
        highest = ModelVersion.objects.filter(task=run.task_id).aggregate(n=Max("number"))["n"] or 0
        created = ModelVersion.objects.create(
            task_id=run.task_id,
            number=highest + 1,
            run=run,
            estimator=run.estimator,
            artifact_dir=f"{MODELS}/{path.name}",
            artifact_hash=manifest["content_hash"],
            metrics=metrics,
            gates=gates,
            dataset_hash=dataset.content_hash,
            code_version=settings.VERSION,
            libraries=manifest["libraries"],
            origin="run",
            is_demo=run.is_demo,
        )
        Run.objects.filter(pk=run.pk).update(curve=run.curve)
        context.result.update(
            url=reverse("mlops:version", args=[created.pk]),
            label="Open the model",
            version=str(created.pk),
            text=f"Trained version {created.number}.",
        )
    return created
