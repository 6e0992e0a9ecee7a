"""From a run to a judged, exported, registered model version; from a trial of a study to its score."""

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
from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.kinds.base import TaskKind, task_kind
from mlops.kinds.batches import joined
from mlops.kinds.metric import numbers_of
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.contract import Continuation, TrainingReport
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import MODEL_FILE
from mlops.registry.models import EvaluatedSubject, ModelVersion
from mlops.registry.selectors import champion_of
from mlops.registry.services.artifacts import MODELS, artifact_name, models_root
from mlops.registry.services.cards import model_card
from mlops.registry.services.pictures import pictures_write
from mlops.registry.services.retirement import number_next
from mlops.registry.services.storage import artifact_store
from mlops.tasks.models import Task
from mlops.tasks.services.gates import gates_compute
from mlops.training.models.run import Run
from mlops.training.services.checkpoints import checkpoint_dir, checkpoints_remove
from mlops.training.services.comparing import against_champion
from mlops.training.services.continuing import continuation_of, folder_of, report_of
from mlops.training.services.evaluation import (
    Evaluation,
    estimator_make,
    evaluate_each,
    evaluate_held_out,
    evaluated_rows,
    examples_join,
    part_load,
    without_names,
)
from mlops.training.services.spread import gap_of, spread_of
from web.numbers import spelled

N_TIMED = 20
CURVE_EVERY_S = 1.0
LIBRARIES = ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime", "transformers", "lightgbm")


def run_train(*, context: JobContext, run: Run) -> ModelVersion:
    """Fit, judge on people the model has not seen, export, and register one version.

    Raises what the library raises, and JobFailed for a dataset that changed or an export that differs.
    """
    kind = task_kind(run.task.kind)
    with folder_of(kind, run) as folder:
        return _train_in(context, run, kind, folder)


def _train_in(context: JobContext, run: Run, kind: TaskKind, folder: Path) -> ModelVersion:
    context.step(0, 0, _("Reading dataset"))
    train, validation = kind.load(folder, "train"), part_load(kind, folder, "val")
    found = estimator_class(run.estimator)
    estimator = estimator_make(found, run.config, train)
    context.log(f"{len(train)} {kind.example.words} for training, {len(validation or ())} for validation")
    for text in run.dataset.facts.get("added", []):
        context.log(text)
    judged, after, news = None, None, None
    if run.parent is not None:
        after, news = continuation_of(context, run, train)
    elif run.dataset.facts.get("split", {}).get("how") == "each":
        judged = evaluate_each(kind, found, run, context, lambda: CurveWriter(context, run))
        run.curve = []  # those of the folds were to be watched
        Run.objects.filter(pk=run.pk).update(curve=[])
    note = _("Training on all data") if judged else _("Training")
    report = fit(context, run, estimator, train, validation, note, after=after)
    context.step(0, 0, _("Evaluating"))
    judged = judged or evaluate_held_out(kind, estimator, run, train, validation, folder)
    judged.metrics.update(gap=_gap(kind, estimator, validation, judged), against=_against(kind, run, judged, folder))
    if news is not None:
        judged.metrics["continued"] = report_of(
            context=context, kind=kind, run=run, folder=folder, judged=judged, report=report, news=news, train=train,
            validation=validation,
        )  # fmt: skip
    manifest = {
        "kind": run.task.kind,
        "task": run.task.name,
        "estimator": run.estimator,
        "config": run.config,
        "seed": run.seed,
        "dataset_hash": run.dataset.content_hash,
        "data": data_facts(run.dataset),
        "code_version": settings.VERSION,
        "libraries": library_versions(),
        "metrics": without_names(judged.metrics),
        "training": {"seconds": report.seconds, "n_parameters": report.n_parameters, **report.metrics},
        "demo": run.is_demo,
        **({"continues": {"number": run.parent.number, "artifact": run.parent.artifact_hash}} if run.parent else {}),
        **kind.manifest(folder),
        **abstention_of(kind, folder, estimator, validation, judged),
    }
    context.step(0, 0, _("Explaining"))
    explanation = explanation_of(context, kind, estimator, judged, manifest)
    path = write_artifact(
        models_root(),
        artifact_name(run=run, attempt=context.job.attempt),
        _filler(context, kind, estimator, run, manifest),
        manifest,
    )
    try:
        _compare_export(kind, path, estimator, train)
        costs = costs_of(kind, path, report, manifest)
        return _register(context, run, path, judged, explanation, costs)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _gap(kind: TaskKind, estimator: Any, validation: Any, judged: Evaluation) -> dict[str, Any]:
    """How far the test lies from the validation; nothing where one of them did not judge."""
    if validation is None or judged.metrics["measured_on"]["part"] != "test":
        return {}
    chosen_by = spread_of(kind, kind.outputs(estimator, validation), validation)
    return gap_of(kind.primary, kind.judging, chosen_by, spread_of(kind, judged.outputs, judged.data))


def _against(kind: TaskKind, run: Run, judged: Evaluation, folder: Path) -> dict[str, Any]:
    """The champion of now on the same examples; nothing where nobody reigns."""
    champion = champion_of(run.task)
    if champion is None:
        return {}
    return against_champion(champion=champion, kind=kind, directory=folder, judged=judged)


def abstention_of(kind: TaskKind, folder: Path, estimator: Any, validation: Any, judged: Evaluation) -> dict[str, Any]:
    """When the model should not answer, from people it has not learned from: the validation part, else the judged."""
    if validation is not None:
        outputs, data = kind.outputs(estimator, validation), validation
    else:
        outputs, data = judged.outputs, judged.data
    if (more := kind.abstention_examples(folder)) is not None:
        outputs, data = joined([outputs, kind.outputs(estimator, more)]), examples_join([data, more])
    return kind.abstention(folder, outputs, data)


def fit(
    context: JobContext, run: Run, estimator: Any, train: Any, validation: Any, note: str, on_epoch: Any = None,
    after: Continuation | None = None,
) -> TrainingReport:  # fmt: skip
    """Fit with progress, curve and, where the estimator can, checkpoints that a killed attempt leaves to the next."""
    more: dict[str, Any] = {}
    if getattr(estimator, "resumable", False):
        more["checkpoint_dir"] = checkpoint_dir(context)
    if after is not None:
        more["after"] = after
    if after is None and settings.TRAIN_PROCESSES > 1 and hasattr(estimator, "build_network"):
        from mlops.ml.launch import fit_in_processes

        more |= {"n_processes": settings.TRAIN_PROCESSES, "beside": settings.VAR_DIR}
        fitted: Any = partial(fit_in_processes, estimator)
        context.log(f"In {settings.TRAIN_PROCESSES} processes")
    else:
        fitted = estimator.fit
    report: TrainingReport = fitted(
        train,
        validation=validation,
        on_step=lambda done, total: context.step(done, total, note),
        on_epoch=on_epoch or CurveWriter(context, run),
        seed=run.seed,
        **more,
    )
    context.log(f"Trained in {report.seconds:.1f} s, {report.n_parameters} parameters")
    return report


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


def library_versions() -> dict[str, str]:
    """Versions of what a model's numbers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def data_facts(dataset: Dataset) -> dict[str, Any]:
    """What an artifact says about its data: counts, sources and how it was split, no pseudonym."""
    facts = dataset.facts
    split = {name: value for name, value in facts.get("split", {}).items() if name in ("how", "leaky", "note")}
    return {
        "n_subjects": dataset.subjects.count(),
        "n_examples": facts.get("n_examples"),
        "sources": facts.get("sources", {}),
        "split": split,
        "generated": bool(facts.get("generated")),
        **({"added": added} if (added := facts.get("added")) else {}),
    }


def explanation_of(
    context: JobContext, kind: TaskKind, estimator: Any, judged: Evaluation, manifest: dict[str, Any]
) -> dict[str, Any]:
    """What the primary metric loses without each input, the most important first; empty where the kind cannot say."""
    note = _("Explaining")
    found = kind.explain(estimator, judged.data, manifest, lambda done, total: context.step(done, total, note))
    inputs = [{"name": item.name, "mean": item.mean, "spread": item.spread} for item in found]
    if not inputs:
        return {}
    part = judged.metrics["measured_on"]["part"]
    return {"metric": kind.primary.name, "part": part, "inputs": sorted(inputs, key=lambda item: -item["mean"])}


def costs_of(kind: TaskKind, path: Path, report: TrainingReport, manifest: dict[str, Any]) -> dict[str, float]:
    """Seconds of training, bytes of all files, milliseconds for one answer (median of a few), learnt numbers."""
    size = sum(file["size"] for file in read_manifest(path, verify=False)["files"].values())
    costs = {"train_s": report.seconds, "size_bytes": size, "n_parameters": report.n_parameters}
    try:
        scorer, one = kind.scorer(path), kind.example_input(manifest)
    except NotImplementedError:
        return costs
    times = []
    for _time in range(N_TIMED):
        began = time.perf_counter()
        scorer.answer(one)
        times.append(time.perf_counter() - began)
    return {**costs, "latency_ms": 1000 * float(np.median(times))}


def _filler(
    context: JobContext, kind: TaskKind, estimator: Any, run: Run, manifest: dict[str, Any]
) -> Callable[[Path], None]:
    def fill(directory: Path) -> None:
        context.step(0, 0, _("Saving"))
        estimator.save(directory)
        if hasattr(estimator, "export_onnx"):
            context.step(0, 0, _("Exporting"))
            estimator.export_onnx(directory / MODEL_FILE)
        pictures_write(kind, estimator, directory)
        (directory / "README.md").write_text(model_card(task=run.task, manifest=manifest), "utf-8")
        (directory / "metrics.json").write_text(json.dumps(manifest["metrics"], indent=1), "utf-8")

    return fill


def _compare_export(kind: TaskKind, path: Path, estimator: Any, data: Any) -> None:
    """What the site will serve must answer like what was judged."""
    try:
        gap = kind.check_export(path, estimator, data)
    except NotImplementedError:
        return  # a kind that is not served
    if not gap <= kind.tolerance:
        raise JobFailed("export_differs", _(
            "The exported model gives different predictions (by %(gap)s) and was discarded."
        ) % {"gap": spelled(gap, ".2g")})


def _register(
    context: JobContext, run: Run, path: Path, judged: Evaluation, explanation: dict[str, Any], costs: dict[str, float]
) -> ModelVersion:
    """The one transaction that makes the version and ends the job."""
    manifest = read_manifest(path)
    artifact_store(path)
    with context.commit():
        Task.objects.select_for_update().filter(pk=run.task_id).exists()
        dataset = Dataset.objects.get(pk=run.dataset_id)
        if dataset.status != DatasetStatus.READY:
            raise JobFailed(
                "dataset_redacted", _("The dataset was redacted during training. Build a new one.")
            )
        created = ModelVersion.objects.create(
            task_id=run.task_id,
            number=number_next(run.task),
            run=run,
            estimator=run.estimator,
            artifact_dir=f"{MODELS}/{path.name}",
            artifact_hash=manifest["content_hash"],
            metrics=judged.metrics,
            gates=gates_compute(run.task.gates, judged.metrics),
            explanation=explanation,
            train_s=costs["train_s"],
            size_bytes=costs["size_bytes"],
            latency_ms=costs.get("latency_ms"),
            dataset_hash=dataset.content_hash,
            code_version=settings.VERSION,
            libraries=manifest["libraries"],
            origin="run",
            is_demo=run.is_demo,
        )
        EvaluatedSubject.objects.bulk_create(evaluated_rows(created, judged))
        Run.objects.filter(pk=run.pk).update(
            curve=run.curve, metrics={**numbers_of(judged.metrics), **costs}, score=created.score
        )
        context.result.update(
            url=reverse("mlops:version", args=[created.pk]),
            label="Open model",
            version=str(created.pk),
            text=f"Trained version {created.number}.",
        )
    checkpoints_remove(context.job)
    return created
