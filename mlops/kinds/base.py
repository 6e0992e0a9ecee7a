"""TaskKind: everything that the engine asks about a question, its data, its answers and its models.

An app registers an instance; from it and a Task row follow the dataset job, the launch form, the API, the commands, the
training job, the evaluation page, the registry entry, serving, the log, monitoring, review, retraining and exchange.
The engine knows nothing else about an app: not what an example looks like, nor what a good answer is.
`docs/adding-a-kind.md` is the guide.

An estimator of a kind is any class registered in `mlops.ml.registry` with the life cycle of
`mlops.ml.contract.Estimator`. Its data is whatever `load` returns: it has a length, `groups` (what a split keeps
together, one entry an example), `take(mask)`, `y` (the truth, or None); `labels` where answers are labels.
`mlops.ml.bases` has such data for windows, rows, images, sequences, audio and texts.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mlops.kinds.answers import Answer, Correction, Headline, label_correction
from mlops.kinds.batches import largest_gap, outputs_of
from mlops.kinds.examples import BuildConfig, Built, ExampleSpec, InputField, SourceSummary
from mlops.kinds.exchange import ExchangeHooks
from mlops.kinds.judging import JudgingRules
from mlops.kinds.marking import gettext_noop
from mlops.kinds.metric import Metric
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Payload, Question, asked_by
from mlops.kinds.review import ReviewHooks
from mlops.kinds.scorers import ModelScorer
from mlops.ml.abstention import NO_CLASS
from mlops.ml.bases.items import as_items
from mlops.ml.contract import OnStep, ignore


@dataclass(frozen=True)
class Importance:
    """How much one input matters: the mean over repeats and its spread."""

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
    """What the model card says about every model of a kind, in Markdown lines.

    caution  what somebody must know before they choose this very model; shown above its figures as well
    """

    purpose: str = ""
    inputs: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    caution: str = ""


class TaskKind(ABC):
    """A kind of question. Register an instance with `register` from AppConfig.ready().

    name, title    for programs and for people
    estimators     registered names in mlops.ml.registry, the recommended one first
    metrics        what `evaluate` returns; the first is the one versions are ranked by
    gates          suggested for new tasks: metric → least value, or most where lower is better
    needs_labels   False for kinds without a label set
    example        what people call an example, its group and its amount
    Build          frozen config of a dataset build, its fields made with `option`
    label_view     URL name (without arguments) of the page where ML staff label; `?show=proposed` narrows it
    learning_scope the learning consent that data of this kind needs
    accepts        how a question comes in: "json", "multipart"
    runs_in        "web": the scorer is small and runs where it is asked (ONNX, numbers); "models": serve_models
    queue          job queue of its trainings
    tolerance      largest gap allowed between what was evaluated and what the saved artifact answers
    unit           of the numbers that its answers give: "kg", "points"; "%" for shares from 0 to 1
    serves_as      what a champion does, after "It is champion: "
    drift          how much must be served before its drift is told
    judging        how many groups and examples a gate needs, and how far behind the champion a version may be
    judged         what `evaluate` counts as `n`, where it is not examples: "samples"
    agreement_metric  the metric that counts on held-out data what `agreement` counts in service; empty without one
    fitted         entries of a dataset's manifest.json that were fitted on its training part: a version that goes on
                   from another keeps them as they were
    log_days       answers stay in the log so long, where the truth comes later than PREDICTION_KEEP_DAYS
    """

    name: str
    title: str
    estimators: tuple[str, ...]
    metrics: tuple[Metric, ...]
    gates: Mapping[str, float] = {}
    needs_labels: bool = True
    example: ExampleSpec = ExampleSpec()
    Build: type[BuildConfig] = BuildConfig
    label_view: str = ""
    learning_scope: str = "sensor"
    accepts: tuple[str, ...] = ("json",)
    runs_in: Literal["web", "models"] = "web"
    queue: str = "train"
    tolerance: float = 1e-4
    unit: str = ""
    serves_as: str = "it serves pages and the API"
    drift: DriftRules = DriftRules()
    judging: JudgingRules = JudgingRules()
    judged: str = ""
    agreement_metric: str = ""
    log_days: int = 0
    fitted: tuple[str, ...] = ("scaler",)
    review: ReviewHooks | None = None
    """What the review queue needs; None for kinds without one."""
    exchange: ExchangeHooks = ExchangeHooks()
    """How its models travel."""

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

    def input_of(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Task.input for a task that is made from an artifact (shipped models); `check_input`'s normal form."""
        return {}

    @abstractmethod
    def summary(self, task: Any) -> SourceSummary:
        """What is labelled and may be learned from (learning consent honoured)."""

    def summaries(self, tasks: Sequence[Any]) -> dict[Any, SourceSummary]:
        """Task id → summary of many tasks of this kind: the board asks for all at once."""
        return {task.pk: self.summary(task) for task in tasks}

    @abstractmethod
    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        """Export rows to `directory` (exists, empty): manifest.json and shards/<group>/ per group.

        parameters  the fields of `Build`, checked. `mlops.kinds.splitting.plan_split` turns groups into parts.
        on_step     (done, total); may raise Cancelled
        Raises mlops.ml.contract.NotEnoughData with a sentence for a person. The engine erases a person by deleting
        the shards that they own, so nothing about anybody may lie anywhere else but in manifest counts.
        """

    @abstractmethod
    def load(self, directory: Path, part: str) -> Any:
        """Read part "train", "val" or "test" of a built dataset, ready for an estimator.

        A part that does not exist is empty (length 0) or raises NotEnoughData.
        """

    def load_raw(self, directory: Path, part: str) -> Any:
        """The same as measured, as the scorer takes it: to compare versions that prepare their inputs differently."""
        return self.load(directory, part)

    def fold(self, directory: Path, group: str) -> tuple[Any, Any]:
        """(all others, this group) for the split "each"; nothing of the group is in what normalises them."""
        raise NotImplementedError(f"{self.title} does not split by each {self.example.group} in turn")

    @abstractmethod
    def manifest(self, directory: Path) -> dict[str, Any]:
        """What a model artifact made from this dataset carries, for example labels, window_spec, scaler, features."""

    def retrain_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """How the dataset of a retraining is built, from the parameters of the champion's."""
        return dict(parameters)

    # -- judging -------------------------------------------------------------------------------------

    def outputs(self, estimator: Any, data: Any) -> Any:
        """What an estimator answers to examples, one entry each: an array, or a list of {output: value} where it
        answers several things; see `mlops.kinds.batches.outputs_of`."""
        return outputs_of(estimator.answer(data))

    @abstractmethod
    def evaluate(self, outputs: Any, data: Any) -> dict[str, Any]:
        """Metrics of outputs for held-out data, JSON-ready: every declared metric, and beside them, where they
        make sense, `n`, `per_class` and `confusion` (as `mlops.ml.metrics.Report` has them), or `tables`
        ([{"title", "columns", "rows"}]) for the page."""

    def primary_value(self, outputs: Any, data: Any) -> float:
        """The primary metric alone, asked for many resamples; for kinds whose `evaluate` does much more."""
        return float(self.evaluate(outputs, data)[self.primary.name])

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        """Figures of an answer without a model, which any model must beat."""
        return {}

    def pair_values(self, outputs: Any, data: Any) -> npt.NDArray[Any] | None:
        """(n,) the primary metric of every single example (1 for right, an absolute error …), so that two models can
        be compared example by example; None for metrics that have no such parts (they are resampled by group)."""
        return None

    def comparable(self, manifest: Mapping[str, Any], data: Any) -> str:
        """Why a version cannot be measured on these examples, as a sentence; empty where it can."""
        return ""

    def abstention(self, directory: Path, outputs: Any, data: Any) -> dict[str, Any]:
        """Manifest fields that say when a model should not answer, fitted on its answers to groups it has not learned
        from; nothing for kinds whose models always answer. The API reports `abstain_below`, the least confidence."""
        return {}

    def abstention_examples(self, directory: Path) -> Any:
        """More examples, of nobody whose data this is, that follow the held-out ones in `abstention`; None: no more.

        Of groups that the dataset does not list, as is everything that a kind adds in `load`: such groups teach, and
        no figure is ever measured on them."""
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
        """Open a verified artifact for serving; the result has `answer(values)`: examples as measured → outputs.

        By default its ONNX file, or the estimator itself where there is none or it runs in "models". Raises
        BadArtifact, NotImplementedError for kinds that are not served. Without torch where it runs in "web".
        """
        return ModelScorer(path, self.examples, whole=self.runs_in == "models")

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Any:
        """Values as measured, as unlabelled examples that the kind's estimators take: what `scorer` asks."""
        raise NotImplementedError(f"{self.title} is not served")

    def values(self, data: Any) -> Any:
        """The other way round: the examples of a loaded part as the scorer takes them. `data.x`, its texts or its
        items."""
        if hasattr(data, "x"):
            return data.x
        if hasattr(data, "texts"):
            return list(data.texts)
        items = as_items(data.items)
        return [items.load(i) for i in range(len(items))]

    def example_input(self, manifest: Mapping[str, Any]) -> Any:
        """Values of one plausible example: to warm a scorer, to time it, to check that it answers after a reload."""
        raise NotImplementedError(f"{self.title} is not served")

    def max_batch(self, manifest: Mapping[str, Any]) -> int:
        """Examples that are scored together at most."""
        return 256

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> Any:
        """JSON of a request as values for the scorer. Raises ValidationError with a sentence."""
        return np.asarray(payload, dtype=np.float32)

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """A request body as a question; rows and uploads it names are looked up among what `user` may see.

        Raises ValidationError, Http404. By default {"inputs": …} as `read_inputs` takes them, about the asker.
        """
        read = self.read_inputs
        return Question(lambda manifest: Inputs(read(payload.data.get("inputs"), manifest)), *asked_by(user))

    @abstractmethod
    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """What is said about each example: the same rules for live streams, the API and jobs."""

    def why(self, scorer: Any, values: Any, manifest: Mapping[str, Any]) -> list[Importance]:
        """What made the answer to one example (a batch of one), strongest first; empty when the kind cannot say."""
        return []

    def fallback(self, task: Any, inputs: Inputs, error: Exception) -> list[Answer] | None:
        """Answers while the model is busy or away, where the kind has another way; None: the caller is told."""
        return None

    def check_export(self, path: Path, estimator: Any, data: Any) -> float:
        """Largest gap between what was evaluated and what the saved artifact answers to a few examples."""
        few = data.take(np.arange(min(64, len(data))))
        return largest_gap(self.scorer(path).answer(self.values(few)), self.outputs(estimator, few))

    # -- monitoring ----------------------------------------------------------------------------------

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        """Names of the raw statistics that are watched; empty for kinds whose inputs are not."""
        return []

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """(n, statistics) numbers of examples as measured, before any normalisation; NaN for unknown."""
        return np.zeros((len(values), 0), np.float32)

    def reference(self, directory: Path) -> Iterator[tuple[str, str, Any]]:
        """(group, part, values as measured) of everybody in a dataset, labelled or not: what drift compares with."""
        return iter(())

    def reference_shipped(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """The same for a version without a dataset here (shipped, imported); nothing when there is none."""
        return iter(())

    # -- corrections ---------------------------------------------------------------------------------

    def check_correction(self, task: Any, given: Any) -> Correction:
        """What a person says an answer should have been, checked. Raises ValidationError.

        By default a label of the task's set, or an empty one for "none of these".
        """
        return label_correction(task, given)

    def confirmation(self, said: Headline, value: Any) -> Correction:
        """What a person says who finds an answer right: its label, else its number, else its whole value."""
        if said.label:
            return Correction(said.label)
        return Correction(value=value if said.number is None else said.number)

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        """0 to 1: how far a headline (as `Headline.to_json`) agrees with what a person said; 1 is the same.

        By default the label must be the same, or the number where the correction holds a value and no label. What was
        withheld agrees with "none of these" alone, though its headline keeps its label.
        """
        if answered.get("reason"):
            return float(correction == Correction() or correction.label in NO_CLASS)
        if correction.label or correction.value is None:
            return float(answered.get("label", "") == correction.label)
        return float(answered.get("number") == correction.value)

    @property
    def agreed(self) -> str:
        """What an answer is that agrees with a correction, after "predictions that were …"."""
        return gettext_noop("correct")

    def alike(self, one: Correction, other: Correction) -> bool:
        """Two people said the same about an example."""
        return one == other

    def uncertainty(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """(n,) how unsure each answer is, from 0 to 1: what the review queue shows first."""
        found = [one.headline.confidence for one in answers]
        return np.array([0.0 if confidence is None else 1.0 - confidence for confidence in found])

    def feedback_to_span(self, feedback: Any) -> Any:
        """Turn a correction into something to learn from (a proposed Span); None when it cannot."""
        return None

    # -- words ---------------------------------------------------------------------------------------

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        """Purpose, inputs and limits for the model card."""
        return CardText()


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
