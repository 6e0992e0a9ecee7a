"""Taking a person out of what models learn from: shards go, datasets say so, versions are due and retire."""

import logging
import shutil
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mlops.models import Dataset, DatasetSubject, ModelVersion
from mlops.models.dataset import DatasetStatus
from mlops.services.artifacts import dataset_path
from mlops.services.jobs import job_cancel
from mlops.services.promotion import champion_retire

logger = logging.getLogger(__name__)


def subject_redact(subject: str) -> int:
    """Remove one subject (a pseudonym) from all datasets; returns how many held a shard of it.

    Builds in progress are cancelled, because they may have read the subject already. May be repeated.
    """
    for dataset in Dataset.objects.filter(status=DatasetStatus.BUILDING).select_related("job"):
        if dataset.job is not None:
            job_cancel(job=dataset.job, by=None)
    held = DatasetSubject.objects.filter(subject=subject, redacted_at__isnull=True).select_related("dataset")
    n_redacted = 0
    for entry in held:
        # Files first: if this stops half-way, the row still says what is left to remove.
        shutil.rmtree(dataset_path(entry.dataset) / "shards" / subject, ignore_errors=True)
        _mark(entry)
        n_redacted += 1
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


def _mark(entry: DatasetSubject) -> None:
    now = timezone.now()
    with transaction.atomic():
        DatasetSubject.objects.filter(pk=entry.pk).update(redacted_at=now)
        dataset = Dataset.objects.select_for_update().get(pk=entry.dataset_id)
        facts = dataset.facts
        if isinstance(facts.get("per_subject"), dict):
            facts["per_subject"].pop(entry.subject, None)
        Dataset.objects.filter(pk=dataset.pk).update(status=DatasetStatus.REDACTED, facts=facts)
        ModelVersion.objects.filter(run__dataset=dataset, retrain_due_at__isnull=True).update(retrain_due_at=now)
