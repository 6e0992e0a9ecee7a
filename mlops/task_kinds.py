"""TaskKinds: what an app registers so that its data can be learned from by the engine.

From a kind and a Task row follow the dataset job, the launch form, the training job, the
evaluation page, the registry entry and the serving path. The engine knows nothing else about an app.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mlops.ml.contract import FloatArray, OnStep, Windows


@dataclass(frozen=True)
class Built:
    """What a dataset builder leaves: facts for pages and the parts of every subject."""

    content_hash: str
    facts: dict[str, Any]
    """JSON for pages; every key is optional:

    n_windows    int
    per_label    {label: windows}
    per_subject  {subject: {label: windows}}: the table of balance
    split        SplitPlan.facts() of mlops.splitting: how, leaky, seed, note
    sources      {"recordings": 12, "spans": 96} or any other counts by name
    layout, window_spec
    generated    True when any subject was made by a generator
    n_generated_subjects
    """
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
    n_proposed: int = 0
    """Labels that wait for a yes or no, corrections from live sessions among them."""


@dataclass(frozen=True)
class InputField:
    """One question of the "new task" form; the answers become the `input` given to `check_input`."""

    name: str
    title: str
    choices: tuple[tuple[str, str], ...] = ()
    """(value, words); empty for free text."""
    help: str = ""
    initial: str = ""


class TaskKind(Protocol):
    """A kind of question. Register an instance with `register` from AppConfig.ready().

    Optional besides what stands below: `label_view`, the URL name (without arguments) of the page where
    ML staff label samples (`?show=proposed` narrows it to those with proposals), and `input_fields()` →
    list[InputField] for the "new task" form.
    """

    name: str
    title: str
    estimators: tuple[str, ...]
    """Registered names in mlops.ml.registry."""

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return Task.input in normal form, or raise django.core.exceptions.ValidationError."""

    def summary(self, task: Any) -> SourceSummary:
        """What is labelled and may be learned from (learning consent honoured)."""

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        """Export rows to `directory` (exists, empty): manifest.json and shards/<subject>/ per subject.

        parameters  split ("subjects", "each" or "random"), seed, balance ("none", "downsample", "upsample"),
                    include_generated (bool). `mlops.splitting.plan_split` turns subjects into parts.
        on_step     (done, total); may raise Cancelled
        Raises mlops.ml.contract.NotEnoughData with a sentence for a person. The engine erases a subject by
        deleting shards/<subject>/, so nothing about a subject may lie anywhere else but in manifest counts.
        """

    def load(self, directory: Path, part: str) -> Windows:
        """Read part "train", "val" or "test" of a built dataset, normalised with the scaler in its manifest.

        A part that does not exist is empty (zero windows), not an error.
        """

    def fold(self, directory: Path, subject: str) -> tuple[Windows, Windows]:
        """(all others, this subject) for the split "each"; nothing of the subject is in what normalises them."""

    def evaluate(self, answers: FloatArray, data: Windows) -> dict[str, Any]:
        """Metrics of answers to held-out data, JSON-ready: accuracy, f1_macro, per_class, confusion, ece, n …"""

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
