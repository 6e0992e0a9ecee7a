"""A model from elsewhere becomes a version: checked, stored as an artifact of ours, evaluated by us, registered.

Its maker's figures are kept as claims (`metrics["claimed"]`) and count for nothing: gates see only what was measured
here. A version that was not evaluated yet cannot be promoted.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.exchange.services.evaluation import evaluate_artifact, newest_dataset, scorer_open
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.kinds.base import TaskKind, task_kind
from mlops.kinds.exchange import Imported
from mlops.kinds.questions import Inputs
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.contract import MLError
from mlops.registry.models import EvaluatedSubject, ModelVersion
from mlops.registry.services.artifacts import MODELS, models_root
from mlops.registry.services.cards import model_card
from mlops.registry.services.retirement import number_next
from mlops.registry.services.storage import artifact_store
from mlops.tasks.models import Task
from mlops.tasks.services.gates import gates_compute
from mlops.training.services.evaluation import Evaluation, evaluated_rows
from mlops.training.services.training import library_versions

NO_FIGURES = {"measured_on": {"part": "none", "text": "We have not evaluated this model yet, so it can't be promoted."}}


def import_register(*, context: JobContext, task: Task, imported: Imported, origin: str) -> ModelVersion:
    """Store, evaluate on the newest dataset of the task, register, and end the job.

    origin  "hub:…", "import:…" or "remote:…". Raises JobFailed `bad_artifact` and whatever the checks say.
    """
    kind = task_kind(task.kind)
    manifest = {
        **imported.manifest,
        "kind": task.kind,
        "task": task.name,
        "estimator": imported.estimator,
        "config": imported.config,
        "seed": None,
        "dataset_hash": "",
        "code_version": settings.VERSION,
        "libraries": library_versions(),
        "metrics": {},
        "claimed": imported.claimed,
        "stated": imported.stated,
        "origin": origin,
        "demo": False,
    }

    def fill(directory: Path) -> None:
        imported.fill(directory)
        (directory / "README.md").write_text(_card(task, manifest), "utf-8")

    context.step(0, 0, _("Checking the model"))
    path = write_artifact(models_root(), f"{context.job.pk}-{context.job.attempt}", fill, manifest)
    try:
        _ask_once(kind, path)
        dataset, judged = newest_dataset(task), None
        if dataset is None:
            context.log("This task has no dataset yet, so the model was not evaluated")
        else:
            judged = evaluate_artifact(context=context, task=task, path=path, dataset=dataset)
        return _register(context, task, imported, origin, path, judged)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for what is being checked, on the disk of the models."""
    models_root().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".import-", suffix=".partial", dir=models_root())


def _card(task: Task, manifest: dict[str, Any]) -> str:
    try:
        return model_card(task=task, manifest=manifest)
    except Exception as error:  # a stranger's manifest may hold anything
        text = _("The manifest of the model is not valid (%(error)s).") % {"error": type(error).__name__}
        raise JobFailed("bad_artifact", text) from error


def _ask_once(kind: TaskKind, path: Path) -> None:
    """It must open and answer as serving will ask it. Raises BadArtifact, JobFailed."""
    manifest, scorer = read_manifest(path), scorer_open(kind, path)
    if getattr(scorer, "remote", None) is not None:
        return  # asked when it is evaluated
    try:
        values = kind.example_input(manifest)
        kind.decide(scorer.answer(values), Inputs(values), manifest)
        kind.statistic_names(manifest)
    except NotImplementedError:
        return
    except MLError:
        raise
    except Exception as error:  # a stranger's files may make a scorer raise anything
        text = _("The model cannot process an example (%(error)s).") % {"error": type(error).__name__}
        raise JobFailed("bad_artifact", text) from error


def _register(
    context: JobContext, task: Task, imported: Imported, origin: str, path: Path, judged: Evaluation | None
) -> ModelVersion:
    manifest = read_manifest(path)
    measured = judged.metrics if judged is not None else NO_FIGURES
    metrics = {**measured, "claimed": imported.claimed}
    artifact_store(path)
    with context.commit():
        Task.objects.select_for_update().filter(pk=task.pk).exists()
        version = ModelVersion.objects.create(
            task=task,
            number=number_next(task),
            estimator=imported.estimator,
            artifact_dir=f"{MODELS}/{path.name}",
            artifact_hash=manifest["content_hash"],
            metrics=metrics,
            gates=gates_compute(task.gates, metrics),
            size_bytes=sum(file["size"] for file in manifest["files"].values()),
            dataset_hash=str(imported.stated.get("dataset_hash") or "")[:64],
            code_version=settings.VERSION,
            libraries=manifest["libraries"],
            origin=origin[:200],
        )
        if judged is not None:
            EvaluatedSubject.objects.bulk_create(evaluated_rows(version, judged))
        context.result.update(
            url=reverse("mlops:version", args=[version.pk]),
            label="Open model",
            version=str(version.pk),
            text=f"Registered as version {version.number}"
            + (", evaluated on our data." if judged is not None else ", not evaluated yet: build a dataset first."),
        )
    return version
