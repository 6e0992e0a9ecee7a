"""Artifacts that no Run of this site made: shipped models, and those that a production command makes anew."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from mlops.kinds.base import task_kind
from mlops.registry.models import AliasName, ModelAlias, ModelVersion
from mlops.registry.services.artifacts import SHIPPED
from mlops.registry.services.promotion import current_champion, version_promote
from mlops.registry.services.retirement import number_next
from mlops.tasks.models import LabelSet, Task
from mlops.tasks.services.gates import gates_check, gates_compute
from mlops.tasks.services.tasks import labels_check


def version_register(*, task_name: str, artifact_dir: str, manifest: dict[str, Any]) -> ModelVersion:
    """Register a finished artifact as the next version of the task of that name, which is made where it is missing.

    It becomes champion where nobody reigns, or where the champion is a shipped model too; an older version that lay in
    the same folder retires. The caller has verified the artifact.
    """
    with transaction.atomic():
        task = _task(task_name, manifest)
        metrics = dict(manifest["metrics"])
        metrics.setdefault("measured_on", _measured_on(metrics, manifest))
        version = ModelVersion.objects.create(
            task=task,
            number=number_next(task),
            estimator=manifest["estimator"],
            artifact_dir=artifact_dir,
            artifact_hash=manifest["content_hash"],
            metrics=metrics,
            gates=gates_compute(task.gates, metrics),
            dataset_hash=manifest.get("dataset_hash") or "",
            code_version=(manifest.get("code_version") or "")[:64],
            libraries=manifest.get("libraries") or {},
            origin=(manifest.get("command") or manifest.get("origin") or "shipped with FitBalance")[:200],
            is_demo=True,
        )
        champion = current_champion(task)
        replaces_shipped = ModelAlias.objects.filter(
            task=task, name=AliasName.CHAMPION, version__artifact_dir__startswith=SHIPPED
        ).exists()
        if champion is None or replaces_shipped:
            version_promote(version=version, by=None, reason="Shipped with FitBalance", override=True)
        gone = ModelVersion.objects.filter(artifact_dir=artifact_dir, retired_at__isnull=True).exclude(pk=version.pk)
        gone.update(retired_at=timezone.now())
    return version


def _task(name: str, manifest: dict[str, Any]) -> Task:
    task = Task.objects.filter(name=name).first()
    if task is not None:
        return task
    declared: dict[str, Any] = manifest["task"] if isinstance(manifest.get("task"), dict) else {}
    title = declared.get("title") or manifest.get("title") or name.replace("-", " ").capitalize()
    kind = task_kind(manifest.get("kind") or "sensor_classification")
    return Task.objects.create(
        name=name,
        title=title,
        kind=kind.name,
        input=declared.get("input") or kind.input_of(manifest),
        label_set=_label_set(title, manifest["labels"]) if kind.needs_labels else None,
        gates=gates_check(declared.get("gates") or dict(kind.gates), kind.metrics),
    )


def _label_set(title: str, names: list[str]) -> LabelSet:
    """The shared label set of exactly these names, made where it is missing."""
    found = next((row for row in LabelSet.objects.filter(is_shared=True) if row.names == names), None)
    if found is not None:
        return found
    labels = labels_check([{"name": label} for label in names])
    for key, label in enumerate(labels, start=1):
        label["key"] = str(key) if key < 10 else ""
    return LabelSet.objects.create(name=title, labels=labels, is_shared=True)


def _measured_on(metrics: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    generated = bool(manifest.get("generated", manifest.get("demo", True)))
    kind = task_kind(manifest.get("kind") or "sensor_classification")
    text = manifest.get("measured_on") or f"{kind.example.groups} the model has never seen"
    text = text if isinstance(text, str) else str(text.get("text", ""))
    if generated:
        text += " (generated, not recorded)."
    n_examples = metrics.get("n", 0)
    return {
        "part": "test",
        "n_examples": n_examples,
        "leaky": False,
        "generated": generated,
        "text": f"{n_examples:,} {kind.judged or kind.example.words} of {text}",
    }
