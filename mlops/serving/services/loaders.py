"""The models that every server can load: registered versions ("version:<id>") and pretrained parts ("part:<name>")."""

from __future__ import annotations

from typing import Any

from django.db import connections

from mlops.kinds.base import task_kind
from mlops.ml.hosting.registry import register_loader
from mlops.ml.hosting.where import Where
from mlops.ml.parts.serving import PART, part_estimate, part_load
from mlops.registry.models import ModelVersion
from mlops.serving.services.models import VERSION
from mlops.serving.services.versions import ServedVersion, version_served, warm


class VersionModel:
    """A registered version behind the face of a loaded model; a scorer may say its own `n_bytes` and `max_batch`."""

    def __init__(self, served: ServedVersion) -> None:
        self._kind, self._manifest = task_kind(served.kind), served.manifest
        scorer: Any = self._kind.scorer(served.path)
        self._scorer: Any = scorer
        self.n_bytes = int(getattr(scorer, "n_bytes", _n_bytes(served)))
        self.max_batch = int(getattr(scorer, "max_batch", self._kind.max_batch(served.manifest)))

    def answer(self, inputs: Any) -> Any:
        return self._scorer.answer(inputs)

    def warm(self) -> None:
        warm(self._kind, self._scorer, self._manifest)

    def close(self) -> None:
        getattr(self._scorer, "close", lambda: None)()
        self._scorer = None


def version_load(name: str, where: Where) -> VersionModel:
    """Verify the artifact of a version and open its kind's scorer. Raises BadArtifact, ModelVersion.DoesNotExist."""
    served = _served(name)
    return VersionModel(served)


def version_estimate(name: str) -> int:
    """As many bytes as its files have."""
    return _n_bytes(_served(name))


def register_defaults() -> None:
    """Called by the server before it answers; apps add theirs from AppConfig.ready()."""
    register_loader(VERSION, version_load, estimate=version_estimate)
    register_loader(PART, part_load, estimate=part_estimate)


def _served(name: str) -> ServedVersion:
    try:
        version = ModelVersion.objects.select_related("task").get(pk=name)
        return version_served(version)
    finally:
        connections.close_all()  # this thread asks the database once, and then for hours no more


def _n_bytes(served: ServedVersion) -> int:
    return sum(int(facts["size"]) for facts in served.manifest["files"].values())
