"""Where datasets lie on disk."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from mlops.datasets.models import Dataset, DatasetStatus


def dataset_path(dataset: Dataset) -> Path:
    """Absolute folder of a dataset."""
    return Path(settings.MEDIA_ROOT, dataset.relative_dir)


def folder_bytes(folder: Path) -> int:
    """Size of everything in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def dataset_names(rows: QuerySet[Dataset]) -> Iterator[str]:
    """The manifest of every dataset that was built; it names the rest."""
    built = rows.filter(status__in=(DatasetStatus.READY, DatasetStatus.REDACTED))
    return (f"{dataset.relative_dir}/manifest.json" for dataset in built.only("pk"))
