"""Taking a person out of what models learn from: shards go, datasets say so, versions are due and retire.

The pseudonym goes too, wherever it names the person: in manifests, facts, figures and finished jobs.
"""

import json
import logging
import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mlops.datasets.models import Dataset, DatasetStatus, DatasetSubject
from mlops.datasets.services.files import dataset_path
from mlops.jobs.models import ENDED, Job
from mlops.jobs.services.jobs import job_cancel
from mlops.kinds.base import task_kinds
from mlops.registry.models import EvaluatedSubject, ModelVersion
from mlops.registry.services.promotion import champion_retire
from mlops.registry.signals import dataset_redacted
from mlops.tasks.services.gates import ERASED

logger = logging.getLogger(__name__)


def subject_redact(subject: str, scope: str = "") -> int:
    """Remove one person (a pseudonym) from all datasets; returns how many shards were theirs.

    With a learning scope, only from datasets of kinds that learn under it: who takes back check-ins goes on teaching
    with recordings. Kinds that no installed app registers any more are always taken along.
    Builds in progress are cancelled, because they may have read the subject already. May be repeated.
    """
    others = [kind.name for kind in task_kinds() if scope and kind.learning_scope != scope]
    building = Dataset.objects.filter(status=DatasetStatus.BUILDING).exclude(task__kind__in=others)
    for dataset in building.select_related("job"):
        if dataset.job is not None:
            job_cancel(job=dataset.job, by=None)
    held = DatasetSubject.objects.filter(owner=subject, redacted_at__isnull=True).select_related("dataset")
    held = held.exclude(dataset__task__kind__in=others)
    groups = {subject, *held.values_list("subject", flat=True)}
    EvaluatedSubject.objects.filter(subject__in=groups).exclude(version__task__kind__in=others).delete()
    n_redacted = 0
    for entry in held:
        # Files first: if this stops half-way, the row still says what is left to remove.
        folder, name = dataset_path(entry.dataset), f"{ERASED}{entry.pk}"
        shutil.rmtree(folder / "shards" / entry.subject, ignore_errors=True)
        _rewrite(folder / "manifest.json", {entry.subject: name, subject: name})
        _mark(entry, name)
        n_redacted += 1
    Job.objects.filter(kind="subject.redact", status__in=ENDED, parameters__subject=subject).update(
        parameters={}, dedupe_key=""
    )
    return n_redacted


def versions_retire() -> None:
    """A chore: retire versions that were due longer ago than MODEL_RETIRE_DAYS; a champion steps down."""
    limit = timezone.now() - timedelta(days=settings.MODEL_RETIRE_DAYS)
    for version in ModelVersion.objects.filter(retrain_due_at__lt=limit, retired_at__isnull=True).select_related(
        "task"
    ):
        ModelVersion.objects.filter(pk=version.pk, retired_at__isnull=True).update(retired_at=timezone.now())
        if champion_retire(version=version, reason="Its training data was erased"):
            logger.warning("%s was champion and is retired", version)


def _mark(entry: DatasetSubject, name: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        DatasetSubject.objects.filter(pk=entry.pk).update(redacted_at=now, subject=name, owner="")
        dataset = Dataset.objects.select_for_update().get(pk=entry.dataset_id)
        facts = dataset.facts
        if isinstance(facts.get("per_subject"), dict):
            facts["per_subject"].pop(entry.subject, None)
        names = {entry.subject: name, entry.owner: name}
        facts = _renamed(facts, names)
        Dataset.objects.filter(pk=dataset.pk).update(status=DatasetStatus.REDACTED, facts=facts)
        dataset_redacted.send(Dataset, dataset=dataset)
        # Not only versions that learned from it: one that came in was evaluated on it.
        for version in ModelVersion.objects.filter(task_id=dataset.task_id).select_for_update():
            metrics = _renamed(version.metrics, names)
            if metrics != version.metrics:
                metrics.pop("draws", None)  # of people of whom one is gone
                ModelVersion.objects.filter(pk=version.pk).update(metrics=metrics)
        ModelVersion.objects.filter(run__dataset=dataset, retrain_due_at__isnull=True).update(retrain_due_at=now)


def _rewrite(path: Path, names: Mapping[str, str]) -> None:
    """Rename groups in the manifest of a dataset; one that is missing or damaged stays as it is."""
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError):
        logger.warning("the manifest of %s cannot be read, so no name was taken out of it", path.parent.name)
        return
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(_renamed(manifest, names), indent=1, sort_keys=True, allow_nan=False))
    os.replace(beside, path)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same JSON with every key or text that is exactly one of `names` replaced."""
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value
