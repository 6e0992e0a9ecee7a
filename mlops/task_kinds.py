"""TaskKinds: what an app registers so that its data can be learned from by the engine.

From a kind and a Task row follow the dataset job, the launch form, the training job, the
evaluation page, the registry entry and the serving path. The engine knows nothing else about an app.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mlops.ml.contract import Estimator, OnStep, Windows


@dataclass(frozen=True)
class Built:
    """What a dataset builder leaves: facts for pages and the parts of every subject."""

    content_hash: str
    facts: dict[str, Any]
    """n_windows, per_label, per_subject, split, sources, layout, window_spec, generated (bool)."""
    subjects: Mapping[str, tuple[str, int]]
    """subject → (part, n_windows)."""


@dataclass(frozen=True)
class SourceSummary:
    """What could be learned from now: for the board and the build form."""

    n_subjects: int
    n_sources: int
    labelled_s: dict[str, float]
    """label → seconds."""
    n_generated_subjects: int


class TaskKind(Protocol):
    """A kind of question. Register an instance with `register` from AppConfig.ready()."""

    name: str
    title: str
    estimators: tuple[str, ...]
    """Registered names in mlops.ml.registry."""

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return Task.input in normal form, or raise django.core.exceptions.ValidationError."""

    def summary(self, task: Any) -> SourceSummary:
        """What is labelled and may be learned from (learning consent honoured)."""

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        """Export rows to shards + manifest.json in `directory`. Raises mlops.ml.contract.NotEnoughData."""

    def load(self, directory: Path, part: str) -> Windows:
        """Read part "train", "val" or "test" of a built dataset, normalised with the scaler in its manifest."""

    def evaluate(self, estimator: Estimator, data: Windows) -> dict[str, Any]:
        """Held-out metrics, JSON-ready: accuracy, f1_macro, per_class, confusion, ece, n …"""

    def manifest(self, directory: Path) -> dict[str, Any]:
        """What a model artifact made from this dataset carries: labels, window_spec, scaler, layout."""


_kinds: dict[str, TaskKind] = {}


def register(kind: TaskKind) -> None:
    _kinds[kind.name] = kind


def task_kind(name: str) -> TaskKind:
    """The kind of that name; KeyError when no installed app registers it."""
    return _kinds[name]


def task_kinds() -> list[TaskKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.title)
