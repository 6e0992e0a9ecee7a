"""Which version answers for a task right now: cheap enough to ask for every window."""

import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.models import AliasName, ModelAlias
from mlops.services.artifacts import artifact_path

TTL_S = 5.0


@dataclass(frozen=True)
class ServedVersion:
    """The champion of a task and where its artifact lies, for mlops.ml.scoring.OnnxScorer.open(path)."""

    version_id: uuid.UUID
    task: str
    number: int
    path: Path
    manifest: dict[str, Any]

    @property
    def title(self) -> str:
        """How answers name the model: "exercise v3"."""
        return f"{self.task} v{self.number}"


_lock = threading.Lock()
_known: dict[str, tuple[float, ServedVersion | None]] = {}
_manifests: dict[uuid.UUID, dict[str, Any]] = {}


def champion(task_name: str) -> ServedVersion | None:
    """The served version of a task, None without a champion. At most 5 s behind a promotion.

    Artifacts are verified when a version is first served; a damaged one is refused (BadArtifact), and
    after that promotion must move on: nothing falls back silently to another model.
    """
    now = time.monotonic()
    with _lock:
        kept = _known.get(task_name)
    if kept and now - kept[0] < TTL_S:
        return kept[1]
    served = _look_up(task_name)
    with _lock:
        _known[task_name] = (now, served)
    return served


def serving_forget() -> None:
    """Ask the database again at the next call (after a promotion in this process, and in tests)."""
    with _lock:
        _known.clear()


def _look_up(task_name: str) -> ServedVersion | None:
    alias = (
        ModelAlias.objects.filter(task__name=task_name, name=AliasName.CHAMPION).select_related("version__task").first()
    )
    if alias is None or alias.version.retired_at is not None:
        return None
    version = alias.version
    path = artifact_path(version)
    manifest = _manifests.get(version.pk)
    if manifest is None:
        manifest = read_manifest(path)
        if manifest["content_hash"] != version.artifact_hash:
            raise BadArtifact(f"{version} is not the artifact that was registered")
        _manifests[version.pk] = manifest
    return ServedVersion(version.pk, task_name, version.number, path, manifest)
