"""Taking a person out of what models learn from: shards go, datasets say so, versions are due and retire.

The pseudonym goes too, wherever it names the person: in manifests, facts, figures and finished jobs.
"""

import json
import logging
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mlops.models import Dataset, DatasetSubject, Job, JudgedSubject, ModelVersion
from mlops.models.dataset import DatasetStatus
from mlops.models.job import ENDED
from mlops.services.artifacts import dataset_path
from mlops.services.hub import pushes_flag
from mlops.services.jobs import job_cancel
from mlops.services.promotion import champion_retire
from mlops.task_kinds import task_kinds

logger = logging.getLogger(__name__)


def subject_redact(subject: str, scope: str = "") -> int:
    """Remove one subject (a pseudonym) from all datasets; returns how many held a shard of it.

    With a learning scope, only from datasets of kinds that learn under it: who takes back check-ins goes on teaching
    with recordings. Kinds that no installed app registers any more are always taken along.
    Builds in progress are cancelled, because they may have read the subject already. May be repeated.
    """
    others = [kind.name for kind in task_kinds() if scope and kind.learning_scope != scope]
    building = Dataset.objects.filter(status=DatasetStatus.BUILDING).exclude(task__kind__in=others)
    for dataset in building.select_related("job"):
        if dataset.job is not None:
            job_cancel(job=dataset.job, by=None)
    JudgedSubject.objects.filter(subject=subject).exclude(version__task__kind__in=others).delete()
    held = DatasetSubject.objects.filter(subject=subject, redacted_at__isnull=True).select_related("dataset")
    held = held.exclude(dataset__task__kind__in=others)
    n_redacted = 0
    for entry in held:
        # Files first: if this stops half-way, the row still says what is left to remove.
        folder, name = dataset_path(entry.dataset), f"erased-{entry.pk}"
        shutil.rmtree(folder / "shards" / subject, ignore_errors=True)
        _rewrite(folder / "manifest.json", subject, name)
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
        if champion_retire(version=version, reason="Data it learned from was erased"):
            logger.warning("%s was champion and is retired", version)


def _mark(entry: DatasetSubject, name: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        DatasetSubject.objects.filter(pk=entry.pk).update(redacted_at=now, subject=name)
        dataset = Dataset.objects.select_for_update().get(pk=entry.dataset_id)
        facts = dataset.facts
        if isinstance(facts.get("per_subject"), dict):
            facts["per_subject"].pop(entry.subject, None)
        facts = _renamed(facts, entry.subject, name)
        Dataset.objects.filter(pk=dataset.pk).update(status=DatasetStatus.REDACTED, facts=facts)
        pushes_flag(dataset)
        for version in ModelVersion.objects.filter(run__dataset=dataset).select_for_update():
            metrics = _renamed(version.metrics, entry.subject, name)
            ModelVersion.objects.filter(pk=version.pk).update(metrics=metrics)
        ModelVersion.objects.filter(run__dataset=dataset, retrain_due_at__isnull=True).update(retrain_due_at=now)


def _rewrite(path: Path, old: str, new: str) -> None:
    """Rename a subject in the manifest of a dataset; one that is missing or damaged stays as it is."""
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError):
        logger.warning("the manifest of %s cannot be read, so no name was taken out of it", path.parent.name)
        return
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(_renamed(manifest, old, new), indent=1, sort_keys=True, allow_nan=False))
    os.replace(beside, path)


def _renamed(value: Any, old: str, new: str) -> Any:
    """The same JSON with every key or text that is exactly `old` replaced."""
    if isinstance(value, dict):
        return {new if key == old else key: _renamed(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, old, new) for inner in value]
    return new if value == old else value
