"""Which version answers for a task right now, loaded and warm: cheap enough to ask for every window.

Aliases are read again after a short time; a version is verified, opened and run once before it is given to anybody,
so that a promotion never makes a stream wait. Between champion and challenger an athlete always meets the same one.
"""

import hashlib
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlops.kinds.base import TaskKind, task_kind
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.models import AliasName, ModelAlias, ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.serving.services.models import VERSION, remote_scorer

TTL_S = 5.0
MAX_OPEN = 16
"""Loaded models in one process; the one that was not asked for longest goes."""
WARM_BATCHES = (1, 64)


@dataclass(frozen=True)
class ServedVersion:
    """A version that answers and where its artifact lies, for the kind's scorer."""

    version_id: uuid.UUID
    task: str
    number: int
    path: Path
    manifest: dict[str, Any] = field(repr=False)
    kind: str = "sensor_classification"
    task_id: uuid.UUID | None = None
    arm: str = AliasName.CHAMPION

    @property
    def title(self) -> str:
        """How answers name the model: "exercise v3"."""
        return f"{self.task} v{self.number}"


@dataclass(frozen=True)
class Arms:
    """Who answers for a task: the champion and, for its share of the athletes, the challenger."""

    champion: ServedVersion | None = None
    challenger: ServedVersion | None = None
    share: float = 0.0

    def at(self, bucket: float) -> ServedVersion | None:
        """Who answers an athlete of that bucket, see `ab_bucket`."""
        return self.challenger if self.challenger is not None and bucket < self.share else self.champion


_lock = threading.Lock()
_known: dict[str, tuple[float, Arms]] = {}
_manifests: dict[uuid.UUID, dict[str, Any]] = {}
_open: "OrderedDict[uuid.UUID, Any]" = OrderedDict()
_opening: dict[uuid.UUID, threading.Lock] = {}


def champion(task_name: str) -> ServedVersion | None:
    """The served version of a task, None without a champion. At most 5 s behind a promotion.

    Artifacts are verified when a version is first served; a damaged one is refused (BadArtifact), and
    after that promotion must move on: nothing falls back silently to another model.
    """
    return arms(task_name).champion


def arms(task_name: str) -> Arms:
    """Champion, challenger and the challenger's share; a damaged challenger is left out. Raises BadArtifact."""
    now = time.monotonic()
    with _lock:
        kept = _known.get(task_name)
    if kept and now - kept[0] < TTL_S:
        return kept[1]
    found = _look_up(task_name)
    with _lock:
        _known[task_name] = (now, found)
    return found


def ab_bucket(task_name: str, who: str) -> float:
    """A number in [0, 1) that is always the same for a task and an athlete (a pseudonym, or another steady key)."""
    digest = hashlib.sha256(f"{task_name}\n{who}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def scorer_of(served: ServedVersion) -> Any:
    """The kind's scorer of a version, opened once in this process and warm. Raises BadArtifact."""
    with _lock:
        scorer = _open.get(served.version_id)
        if scorer is not None:
            _open.move_to_end(served.version_id)
            return scorer
        opening = _opening.setdefault(served.version_id, threading.Lock())
    with opening:
        with _lock:
            scorer = _open.get(served.version_id)
        if scorer is None:
            scorer = _scorer_open(served)
            with _lock:
                _open[served.version_id] = scorer
                while len(_open) > MAX_OPEN:
                    _open.popitem(last=False)
                _opening.pop(served.version_id, None)
    return scorer


def _scorer_open(served: ServedVersion) -> Any:
    """Here where it is small, else the face of one that serve_models opens and warms."""
    kind = task_kind(served.kind)
    if kind.runs_in == "models":
        return remote_scorer(f"{VERSION}:{served.version_id}")
    scorer = kind.scorer(served.path)
    warm(kind, scorer, served.manifest)
    return scorer


def version_served(version: ModelVersion, arm: str = AliasName.CHAMPION) -> ServedVersion:
    """Any registered version as one that can answer, verified. Raises BadArtifact."""
    path = artifact_path(version)
    manifest = _manifests.get(version.pk)
    if manifest is None:
        manifest = read_manifest(path)
        if manifest["content_hash"] != version.artifact_hash:
            raise BadArtifact(f"{version} is not the artifact that was registered")
        _manifests[version.pk] = manifest
    task = version.task
    return ServedVersion(version.pk, task.name, version.number, path, manifest, task.kind, task.pk, arm)


def serving_forget() -> None:
    """Ask the database again at the next call (after a promotion in this process, and in tests)."""
    with _lock:
        _known.clear()


def warm(kind: TaskKind, scorer: Any, manifest: dict[str, Any]) -> None:
    """Run a model once at the usual batch sizes, so that its first real answer is as quick as the next."""
    try:
        one = kind.example_input(manifest)
    except NotImplementedError:
        return
    for n in WARM_BATCHES:
        scorer.answer(np.concatenate([one] * n) if isinstance(one, np.ndarray) else list(one) * n)


def _look_up(task_name: str) -> Arms:
    rows = ModelAlias.objects.filter(task__name=task_name).select_related("version__task")
    aliases = {alias.name: alias for alias in rows if alias.version.retired_at is None}
    first, second = aliases.get(AliasName.CHAMPION), aliases.get(AliasName.CHALLENGER)
    if first is None:
        return Arms()
    served = version_served(first.version)
    if second is None or second.version_id == first.version_id:
        return Arms(served)
    try:
        return Arms(served, version_served(second.version, AliasName.CHALLENGER), float(second.traffic_share))
    except BadArtifact:
        return Arms(served)


def answered_by(served: ServedVersion) -> dict[str, str]:
    """{"answered_by": …} for a remote version: "remote", or the local model that answered in its place."""
    facts = served.manifest.get("remote")
    if not facts:
        return {}
    remote = getattr(scorer_of(served), "remote", None)
    if remote is None or remote.source == "remote":
        return {"answered_by": "remote"}
    return {"answered_by": f"{facts.get('fallback', 'a local model')}, because the remote model is away"}
