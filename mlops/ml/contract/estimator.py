"""The life cycle of every model, whatever its data: config → fit → answer → save → load → ONNX.

The public methods validate and raise typed errors; a base of one data type (`mlops.ml.bases`) says what valid data
are, and a model writes only what it learns and answers.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic

from mlops.ml.contract.continuing import Continuation
from mlops.ml.contract.data import Answers, D
from mlops.ml.contract.errors import BadArtifact, BadShape, BadValue, NotFitted
from mlops.ml.contract.options import check_config

OnStep = Callable[[int, int], None]
"""Called as ``on_step(done, total)`` after each small piece of work; may raise `Cancelled`."""

OnEpoch = Callable[[dict[str, float]], None]
"""Called once per epoch or stage with its numbers, e.g. ``{"epoch": 1.0, "train_loss": 0.7}``."""

CONFIG_FILE = "config.json"
TRAINING, VALIDATION, GIVEN = "training", "validation", "given"
"""What a set of examples is for: to learn from, to choose by, to be answered. The first two need the truth."""


def ignore(*_: Any) -> None:
    """The progress callback of somebody who does not want to know."""


@dataclass(frozen=True)
class TrainingReport:
    """What a `fit` achieved.

    metrics       final numbers, e.g. ``train_accuracy``, ``val_accuracy``
    curve         one dict per epoch or stage, as given to `on_epoch`
    seconds       wall time of the fit
    n_parameters  parameters of the model that training sets
    """

    metrics: dict[str, float]
    curve: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    n_parameters: int = 0


class Estimator(ABC, Generic[D]):
    """A model with one life cycle, for examples of one data type.

    A model sets `name`, `title`, `summary` and `Config` (a frozen dataclass whose fields are made with `option`) and
    writes `_fit`, `_answer`, `_save` and `_load`. The base of its data type sets `data_type` and writes `_check`,
    `_facts_of` and `_check_alike`.

    resumable  True when `fit` goes on from the checkpoints of a killed one
    continues  how a fit goes on from a fitted model instead of starting anew, as a name: "warm start", "added trees",
               "fine-tuning"; empty where it can't. Such a model writes `_go_on`
    facts      what must be known of the training data to read the model again (JSON), e.g. the shape of a window
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Config: ClassVar[type]
    data_type: ClassVar[str]
    resumable: ClassVar[bool] = False
    continues: ClassVar[str] = ""

    def __init__(self, config: Any = None, *, labels: Sequence[str] = ()) -> None:
        self.config = self.Config() if config is None else config
        if not isinstance(self.config, self.Config):
            raise BadValue(f"{self.name} needs a {self.Config.__qualname__}")
        check_config(self.config)
        self.labels: tuple[str, ...] = tuple(labels)
        self.facts: dict[str, Any] = {}
        self.is_fitted = False
        self.checkpoint_dir: Path | None = None  # of the fit that runs

    # -- learning ------------------------------------------------------------------------------------

    def fit(
        self,
        train: D,
        *,
        validation: D | None = None,
        on_step: OnStep = ignore,
        on_epoch: OnEpoch = ignore,
        seed: int = 0,
        checkpoint_dir: Path | None = None,
        after: Continuation | None = None,
    ) -> TrainingReport:
        """Learn from examples with their truth; the same seed and data give the same model.

        With `after`, the fit goes on from a fitted model: what it has not seen is taught, and some of the rest again.

        A `resumable` estimator keeps a checkpoint of every epoch in `checkpoint_dir` and goes on from one that it
        finds there: `on_epoch` first hears the earlier epochs again, and the model is the same as if nothing had
        happened. Others start anew.

        Raises BadShape, BadValue (NaN, wrong label numbers), NotEnoughData (fewer than two classes), CannotContinue,
        and whatever the callbacks raise (`Cancelled`), in which case the estimator stays unfitted.
        """
        self._check(train, TRAINING)
        labels = self._labels_of(train)
        if self.labels and self.labels != labels:
            raise BadValue("the examples carry other labels than the estimator was made for")
        facts = self._facts_of(train)
        if validation is not None and len(validation) == 0:
            validation = None
        if validation is not None:
            self._check(validation, VALIDATION)
            self._check_alike(validation, facts)
            if self._labels_of(validation) != labels:
                raise BadValue("training and validation examples have different labels")
        if after is not None:
            facts = self._check_after(after, train, labels)
        before = self.labels
        self.is_fitted = False
        self.labels, self.facts = labels, facts
        self.checkpoint_dir = None if checkpoint_dir is None else Path(checkpoint_dir)
        started = time.perf_counter()
        try:
            if after is None:
                report = self._fit(train, validation, on_step, on_epoch, seed)
            else:
                report = self._go_on(after, train, validation, on_step, on_epoch, seed)
        except BaseException:
            self.labels, self.facts = before, {}
            raise
        self.is_fitted = True
        seconds = time.perf_counter() - started
        return TrainingReport(report.metrics, report.curve, seconds, report.n_parameters)

    # -- answering -----------------------------------------------------------------------------------

    def answer(self, data: D) -> Answers:
        """What the model says of each example, by the name of the output. Raises NotFitted, BadShape, BadValue."""
        self._must_be_fitted()
        self._check(data, GIVEN)
        self._check_alike(data, self.facts)
        return self._answer(data)

    # -- keeping -------------------------------------------------------------------------------------

    def save(self, directory: Path) -> None:
        """Write the model's native files (JSON, safetensors) into an existing directory."""
        self._must_be_fitted()
        kept = {**self._kept_facts(), "estimator": self.name, "config": asdict(self.config)}
        Path(directory, CONFIG_FILE).write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")
        self._save(Path(directory))

    @classmethod
    def load(cls, directory: Path) -> Any:
        """Read what `save` wrote; the result answers exactly as the saved one. Raises BadArtifact."""
        directory = Path(directory)
        try:
            kept = json.loads((directory / CONFIG_FILE).read_text("utf-8"))
            if kept["estimator"] != cls.name:
                raise BadArtifact(f"this is a {kept['estimator']}, not a {cls.name}")
            estimator = cls(cls.Config(**kept["config"]), labels=kept.get("labels", ()))
            estimator.facts = estimator._facts_from(kept, directory)
            estimator._load(directory)
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, BadValue, BadShape) as error:
            raise BadArtifact(f"cannot read the saved {cls.name}: {error}") from error
        estimator.is_fitted = True
        return estimator

    # -- what the base of a data type writes -----------------------------------------------------------

    @abstractmethod
    def _check(self, data: D, part: str) -> None:
        """Raise BadShape, BadValue or NotEnoughData unless the examples can be used for this `part`."""

    def _labels_of(self, data: D) -> tuple[str, ...]:
        """The class names of one answer; none where a model answers something else."""
        found = getattr(data, "labels", ())
        return () if isinstance(found, Mapping) else tuple(found)

    def _facts_of(self, train: D) -> dict[str, Any]:
        """What must be known of the training data to build and read the model, as JSON-ready values."""
        return {}

    def _check_alike(self, data: D, facts: Mapping[str, Any]) -> None:
        """Raise BadShape when other examples do not look like those the facts were taken from."""

    def _kept_facts(self) -> dict[str, Any]:
        """What `save` puts into config.json beside the config."""
        return {"labels": list(self.labels), **self.facts}

    def _facts_from(self, kept: Mapping[str, Any], directory: Path) -> dict[str, Any]:
        """The facts of a saved model: what config.json holds beside name, config and labels. May raise KeyError."""
        return {name: value for name, value in kept.items() if name not in ("estimator", "config", "labels")}

    def _check_after(self, after: Continuation, train: D, labels: tuple[str, ...]) -> dict[str, Any]:
        """The facts to go on with, those of the model before. Raises CannotContinue, BadShape."""
        after.check(self, train, labels)
        self._check_alike(train, after.before.facts)
        return dict(after.before.facts)

    # -- what a model writes ---------------------------------------------------------------------------

    def _go_on(
        self, after: Continuation, train: D, validation: D | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """Learn what is new from `after.before`, a model of the same class, labels and facts, which must not change."""
        raise NotImplementedError(f"{self.name} names a way to continue and does not write it")

    @abstractmethod
    def _fit(self, train: D, validation: D | None, on_step: OnStep, on_epoch: OnEpoch, seed: int) -> TrainingReport:
        """Learn; `train` is valid, `self.labels` and `self.facts` are set. Seconds are filled in by `fit`."""

    @abstractmethod
    def _answer(self, data: D) -> Answers:
        """Answers for valid examples; there may be none."""

    @abstractmethod
    def _save(self, directory: Path) -> None:
        """Write everything that was learned, beside `config.json`."""

    @abstractmethod
    def _load(self, directory: Path) -> None:
        """Read what `_save` wrote; `self.labels` and `self.facts` are set."""

    def _must_be_fitted(self) -> None:
        if not self.is_fitted:
            raise NotFitted(f"{self.name} has not been fitted or loaded")


class OnnxEstimator(Estimator[D]):
    """An estimator that also leaves as ONNX, to answer without the library that trained it."""

    def export_onnx(self, path: Path) -> None:
        """Write one ONNX file. Its inputs are `onnx_inputs`, its outputs have the names of `onnx_answer`; the batch is
        dynamic and the answers are equal within 1e-4. Raises NotFitted."""
        self._must_be_fitted()
        self._export_onnx(Path(path))

    @abstractmethod
    def onnx_inputs(self, data: D) -> dict[str, Any]:
        """The inputs that the exported file wants for some examples, by name."""

    def onnx_answer(self, data: D) -> Answers:
        """What the exported file answers, from the model itself: `answer` before anything is turned into words."""
        return self.answer(data)

    @abstractmethod
    def _export_onnx(self, path: Path) -> None:
        """Write the ONNX file."""
