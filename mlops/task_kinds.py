"""TaskKinds: what an app registers so that its data can be learned from by the engine.

From a kind and a Task row follow the dataset job, the launch form, the API, the command line, the training
job, the evaluation page, the registry entry and the serving path. The engine knows nothing else about an app:
not what an example looks like, nor what a good answer is.

An estimator of a kind is any class registered in `mlops.ml.registry` with `name`, `title`, `summary`, a frozen
`Config` made with `mlops.ml.contract.option`, `fit`, `save` and `load` as in `mlops.ml.contract.Estimator`;
`export_onnx` is optional. Its data is whatever `load` returns: it has a length, `groups` (the subject of each
example) and `take(mask)`; `labels` where answers are labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.asking import Asked, Cut
from mlops.metric import Metric
from mlops.ml.contract import OnStep, ignore
from mlops.review_hooks import ReviewHooks


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


@dataclass(frozen=True)
class Importance:
    """How much the primary metric loses when one input is shuffled: mean over repeats and its spread."""

    name: str
    mean: float
    spread: float = 0.0


@dataclass(frozen=True)
class Picture:
    """A drawing of what a model learned, kept in its artifact and shown on its page.

    file           name of the PNG in the artifact's folder
    summary        what it shows, in a sentence
    columns, rows  the same as a table; the first column names the row
    """

    file: str
    title: str
    summary: str
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class CardText:
    """What the model card says about every model of a kind, in Markdown lines."""

    purpose: str = ""
    inputs: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


class TaskKind(ABC):
    """A kind of question. Register an instance with `register` from AppConfig.ready().

    name, title   for programs and for people
    estimators    registered names in mlops.ml.registry, the recommended one first
    metrics       what `evaluate` returns; the first is the one versions are ranked by
    gates         suggested for new tasks: metric → least value, or most where lower is better
    needs_labels  False for kinds that answer numbers: their tasks have no label set
    example_word  what one example is called, in the plural
    label_view    URL name (without arguments) of the page where ML staff label samples; `?show=proposed`
                  narrows it to those with proposals
    """

    name: str
    title: str
    estimators: tuple[str, ...]
    metrics: tuple[Metric, ...]
    gates: Mapping[str, float] = {}
    needs_labels: bool = True
    example_word: str = "examples"
    label_view: str = ""
    learning_scope: str = "sensor"
    """The learning consent that data of this kind needs."""
    review: ReviewHooks | None = None
    """What the review queue needs; None for kinds without one."""

    @property
    def primary(self) -> Metric:
        """The metric versions are ranked by and studies search for."""
        return self.metrics[0]

    # -- the question and its data -------------------------------------------------------------------

    def input_fields(self) -> list[InputField]:
        """What the "new task" form asks; the answers go to `check_input`."""
        return []

    @abstractmethod
    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return Task.input in normal form, or raise django.core.exceptions.ValidationError."""

    @abstractmethod
    def summary(self, task: Any) -> SourceSummary:
        """What is labelled and may be learned from (learning consent honoured)."""

    @abstractmethod
    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        """Export rows to `directory` (exists, empty): manifest.json and shards/<subject>/ per subject.

        parameters  split ("subjects", "each" or "random"), seed, balance ("none", "downsample", "upsample"),
                    include_generated (bool). `mlops.splitting.plan_split` turns subjects into parts.
        on_step     (done, total); may raise Cancelled
        Raises mlops.ml.contract.NotEnoughData with a sentence for a person. The engine erases a subject by
        deleting shards/<subject>/, so nothing about a subject may lie anywhere else but in manifest counts.
        """

    @abstractmethod
    def load(self, directory: Path, part: str) -> Any:
        """Read part "train", "val" or "test" of a built dataset, ready for an estimator.

        A part that does not exist is empty (length 0) or raises NotEnoughData.
        """

    def fold(self, directory: Path, subject: str) -> tuple[Any, Any]:
        """(all others, this subject) for the split "each"; nothing of the subject is in what normalises them."""
        raise NotImplementedError(f"{self.title} does not split by each person in turn")

    @abstractmethod
    def manifest(self, directory: Path) -> dict[str, Any]:
        """What a model artifact made from this dataset carries, for example labels, window_spec, scaler, layout."""

    def abstention(self, directory: Path, answers: Any, data: Any) -> dict[str, Any]:
        """Manifest fields that say when a model should not answer, fitted on its answers to people it has not learned
        from; nothing for kinds whose models always answer."""
        return {}

    # -- judging -------------------------------------------------------------------------------------

    def answer(self, estimator: Any, data: Any) -> npt.NDArray[Any]:
        """What an estimator answers to examples, one row each."""
        found: npt.NDArray[Any] = estimator.predict(data.x)
        return found

    @abstractmethod
    def evaluate(self, answers: npt.NDArray[Any], data: Any) -> dict[str, Any]:
        """Metrics of answers to held-out data, JSON-ready: every declared metric, and beside them, where they
        make sense, `n`, `per_class`, `confusion`, or `tables` ([{"title", "columns", "rows"}]) for the page."""

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        """Figures of an answer without a model, which any model must beat."""
        return {}

    def pair_values(self, answers: npt.NDArray[Any], data: Any) -> npt.NDArray[Any] | None:
        """(n,) the primary metric of every single example (1 for right, an absolute error …), so that two
        models judged on the same examples can be compared pair by pair; None when it has no such parts."""
        return None

    def explain(
        self, estimator: Any, data: Any, manifest: Mapping[str, Any], on_step: OnStep = ignore
    ) -> list[Importance]:
        """Which inputs matter, on held-out examples; empty when the kind cannot say."""
        return []

    def draw(self, estimator: Any, directory: Path) -> list[Picture]:
        """Write pictures of what a fitted estimator learned into the folder of its artifact; none by default."""
        return []

    # -- serving -------------------------------------------------------------------------------------

    def scorer(self, path: Path) -> Any:
        """Open a verified artifact for serving; the result has `answer(inputs)`. Without torch where it serves live.

        Raises BadArtifact, NotImplementedError for kinds that are not served.
        """
        raise NotImplementedError(f"{self.title} is not served")

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """JSON of a request as what `scorer().answer` takes. Raises ValidationError with a sentence."""
        return np.asarray(payload, dtype=np.float32)

    def parse_input(self, task: Any, payload: Mapping[str, Any], user: Any) -> Asked:
        """A request body as what is asked; rows it names are looked up among what `user` may see.

        Raises ValidationError, Http404. By default {"inputs": …} as `read_inputs` takes them.
        """
        return Asked(lambda manifest: Cut(self.read_inputs(payload.get("inputs"), manifest)))

    def load_raw(self, directory: Path, part: str) -> Any:
        """The same as `load`, as measured: for comparing versions that normalise differently."""
        raise NotImplementedError(f"{self.title} has no raw examples")

    def raw_inputs(self, directory: Path) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        """(subject, part, inputs as measured) of everybody in a dataset, labelled or not: what drift compares with."""
        return iter(())

    def raw_reference(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        """The same for a version without a dataset here (shipped, imported); nothing when there is none."""
        return iter(())

    def write_answers(self, answers: npt.NDArray[Any], manifest: Mapping[str, Any]) -> list[Any]:
        """Answers as JSON, one entry an example: [{"label", "score"} …] sorted, or {"value"}."""
        return [{"value": float(value)} for value in np.ravel(answers)]

    def check_export(self, path: Path, estimator: Any, data: Any) -> float:
        """Largest gap between what was judged and what the saved artifact answers to a few examples."""
        few = data.take(np.arange(min(64, len(data))))
        served = np.asarray(self.scorer(path).answer(few.x))
        return float(np.abs(served - np.asarray(self.answer(estimator, few))).max(initial=0.0))

    # -- words and feedback --------------------------------------------------------------------------

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        """Purpose, inputs and limits for the model card."""
        return CardText()

    def feedback_to_span(self, feedback: Any) -> Any:
        """Turn "it should have been …" into something to learn from (a proposed Span); None when it cannot."""
        return None


_kinds: dict[str, TaskKind] = {}


def register(kind: TaskKind) -> None:
    """Offer a kind to everyone; registering the same name again replaces it."""
    if not kind.metrics:
        raise ValueError(f"{kind.name} declares no metric, so nothing could be judged")
    _kinds[kind.name] = kind


def task_kind(name: str) -> TaskKind:
    """The kind of that name; KeyError when no installed app registers it."""
    return _kinds[name]


def task_kinds() -> list[TaskKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.title)
