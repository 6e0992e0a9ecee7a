"""Where model artifacts lie on disk."""

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from mlops.ml.artifact import MANIFEST
from mlops.ml.contract import BadArtifact
from mlops.registry.models import ModelVersion
from mlops.registry.services.storage import artifact_fetch

logger = logging.getLogger(__name__)


SHIPPED = "champions/"


MODELS = "models"


ORPHAN_AFTER_S = 6 * 3600


def artifact_path(version: ModelVersion) -> Path:
    """Absolute folder of a version's artifact, fetched from the artifact store where it is not on this machine.

    A folder that cannot be had is not there afterwards; `read_manifest` then says so.
    """
    if version.artifact_dir.startswith(SHIPPED):
        return Path(settings.CHAMPIONS_DIR, version.artifact_dir.removeprefix(SHIPPED))
    path = Path(settings.MEDIA_ROOT, version.artifact_dir)
    try:
        artifact_fetch(path, version.artifact_hash)
    except BadArtifact as error:
        logger.warning("%s: %s", version, error)
    return path


def artifact_names(rows: QuerySet[ModelVersion]) -> Iterator[str]:
    """The manifest of every artifact that lies on this machine; shipped ones come with the code, and with an object
    store this disk only keeps copies."""
    if not settings.ARTIFACTS_REMOTE:
        own = rows.exclude(artifact_dir__startswith=SHIPPED).values_list("artifact_dir", flat=True)
        yield from (f"{folder}/{MANIFEST}" for folder in own)


def models_root() -> Path:
    return Path(settings.MEDIA_ROOT, MODELS)


def artifact_name(*, run: Any, attempt: int) -> str:
    """Each attempt writes under its own name, so that two never meet."""
    return f"{run.pk}-{attempt}"


def artifacts_clean(*, run: Any, before_attempt: int) -> int:
    """Remove what earlier attempts of a run left without making a version; return how many."""
    kept = set(ModelVersion.objects.filter(run=run).values_list("artifact_dir", flat=True))
    n_removed = 0
    for attempt in range(1, before_attempt):
        name = artifact_name(run=run, attempt=attempt)
        path = models_root() / name
        if f"{MODELS}/{name}" not in kept and path.exists():
            shutil.rmtree(path, ignore_errors=True)
            n_removed += 1
    return n_removed


def orphans_clean() -> None:
    """A chore: remove artifacts no version names, and half-written ones, once they are hours old."""
    from mlops.ml.artifact import sweep_partials

    root = models_root()
    if not root.is_dir():
        return
    sweep_partials(root, older_than_s=ORPHAN_AFTER_S)
    named = set(ModelVersion.objects.values_list("artifact_dir", flat=True))
    for path in root.iterdir():
        is_old = time.time() - path.stat().st_mtime > ORPHAN_AFTER_S
        if not path.name.startswith(".") and is_old and f"{MODELS}/{path.name}" not in named:
            shutil.rmtree(path, ignore_errors=True)
