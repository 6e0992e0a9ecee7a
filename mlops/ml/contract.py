"""What every model of the library promises: data in, progress out, typed errors, one life cycle.

An `Estimator` is fitted on `Windows`, answers class probabilities, saves itself as native files without
pickle, and exports ONNX with input ``input`` and output ``probabilities``. The public methods validate
and raise the typed errors below; subclasses write only the underscored ones.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

OnStep = Callable[[int, int], None]
"""Called as ``on_step(done, total)`` after each small piece of work; may raise `Cancelled`."""

OnEpoch = Callable[[dict[str, float]], None]
"""Called once per epoch or stage with its numbers, e.g. ``{"epoch": 1.0, "train_loss": 0.7}``."""

CONFIG_FILE = "config.json"

UNLABELLED = -1
"""The label number of a sample that nobody labelled, where every sample has a label: it neither teaches nor judges."""


class MLError(Exception):
    """Base of all errors that this library raises on purpose; `code` is stable and machine readable."""

    code: str = "ml_error"


class Cancelled(MLError):
    """Somebody asked the work to stop; raised by a progress callback and never caught here."""

    code = "cancelled"


class BadShape(MLError):
    """An array has another shape than the model or function was made for."""

    code = "bad_shape"


class BadValue(MLError):
    """Values that cannot be used: NaN, infinity, a label number without a label, a setting out of range."""

    code = "bad_value"


class NotFitted(MLError):
    """The estimator was asked for an answer before `fit` or `load`."""

    code = "not_fitted"


class NotEnoughData(MLError):
    """Too few windows, classes or subjects for what was asked."""

    code = "not_enough_data"


class BadArtifact(MLError):
    """An artifact is missing, incomplete, altered, or of another kind than expected."""

    code = "bad_artifact"


class UnsafeFormat(MLError):
    """A file of a kind that could run code when it is read (pickle and its relatives)."""

    code = "unsafe_format"


class UnreadableInput(MLError):
    """An uploaded file cannot be read; `row` is the 1-based line that tells why, where one does."""

    code = "unreadable_input"

    def __init__(self, message: str, *, row: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        if code is not None:
            self.code = code


def ignore(*_: Any) -> None:
    """The progress callback of somebody who does not want to know."""


@dataclass(frozen=True)
class Windows:
    """Windows of a sensor signal with their labels and subjects.

    x       (n, time, channels) float32, already normalised when given to an estimator
    y       (n,) int64 positions in `labels`, or None when unlabelled; (n, time) where every sample has a label of
            its own, with `UNLABELLED` for those that have none
    groups  (n,) the subject of each window; splits never tear one apart
    labels  class names in the order of the label numbers
    """

    x: FloatArray
    y: IntArray | None
    groups: npt.NDArray[np.str_]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.x.ndim != 3:
            raise BadShape(f"windows must be (n, time, channels), not {self.x.shape}")
        if self.y is not None and self.y.shape not in ((len(self.x),), self.x.shape[:2]):
            raise BadShape(f"{len(self.x)} windows but labels of shape {self.y.shape}")
        if self.groups.shape != (len(self.x),):
            raise BadShape(f"{len(self.x)} windows but groups of shape {self.groups.shape}")

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: npt.NDArray[Any]) -> Windows:
        """Return the windows picked by a boolean mask or an index array."""
        y = None if self.y is None else self.y[which]
        return Windows(self.x[which], y, self.groups[which], self.labels)


@dataclass(frozen=True)
class TrainingReport:
    """What a `fit` achieved.

    metrics       final numbers, e.g. ``train_accuracy``, ``val_accuracy``
    curve         one dict per epoch or stage, as given to `on_epoch`
    seconds       wall time of the fit
    n_parameters  learnt numbers in the model
    """

    metrics: dict[str, float]
    curve: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    n_parameters: int = 0


def option(
    default: Any,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: Sequence[Any] | None = None,
) -> Any:
    """Declare one config field together with what a form needs to ask for it and check it."""
    metadata = {"help": help, "min": min, "max": max, "choices": tuple(choices) if choices else None}
    return field(default=default, metadata=metadata)


def check_config(config: Any) -> None:
    """Raise `BadValue` when a field of a config made with `option` is out of its range or choices."""
    for spec in fields(config):
        value, meta = getattr(config, spec.name), spec.metadata
        if meta.get("choices") is not None:
            if value not in meta["choices"]:
                raise BadValue(f"{spec.name} must be one of {meta['choices']}, not {value!r}")
            continue
        if isinstance(spec.default, bool):
            if not isinstance(value, bool):
                raise BadValue(f"{spec.name} must be true or false, not {value!r}")
        elif isinstance(spec.default, int):
            if isinstance(value, bool) or not isinstance(value, int):
                raise BadValue(f"{spec.name} must be a whole number, not {value!r}")
        elif isinstance(spec.default, float):
            if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                raise BadValue(f"{spec.name} must be a number, not {value!r}")
        elif isinstance(spec.default, str) and not isinstance(value, str):
            raise BadValue(f"{spec.name} must be text, not {value!r}")
        low, high = meta.get("min"), meta.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            raise BadValue(f"{spec.name} must lie between {low} and {high}, not {value!r}")


class Estimator(ABC):
    """A classifier of windows with one life cycle: config → fit → predict → save → load → ONNX.

    Subclasses set `name`, `title`, `summary` and `Config` (a frozen dataclass whose fields are made with
    `option`) and write `_fit`, `_predict_proba`, `_save`, `_load` and `_export_onnx`.

    per_sample  True for a sequence estimator: labels are (n, time), answers (n, time, classes)
    resumable   True when `fit` goes on from the checkpoints of a killed one
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Config: ClassVar[type]
    per_sample: ClassVar[bool] = False
    resumable: ClassVar[bool] = False

    def __init__(self, config: Any = None, *, labels: Sequence[str] = ()) -> None:
        self.config = self.Config() if config is None else config
        if not isinstance(self.config, self.Config):
            raise BadValue(f"{self.name} needs a {self.Config.__qualname__}")
        check_config(self.config)
        self.labels: tuple[str, ...] = tuple(labels)
        self.window_shape: tuple[int, int] | None = None  # (time, channels) seen in fit
        self.checkpoint_dir: Path | None = None  # of the fit that runs

    # -- learning ------------------------------------------------------------------------------------

    def fit(
        self,
        train: Windows,
        *,
        validation: Windows | None = None,
        on_step: OnStep = ignore,
        on_epoch: OnEpoch = ignore,
        seed: int = 0,
        checkpoint_dir: Path | None = None,
    ) -> TrainingReport:
        """Learn from labelled windows; the same seed and data give the same model.

        A `resumable` estimator keeps a checkpoint of every epoch in `checkpoint_dir` and goes on from one that it
        finds there: `on_epoch` first hears the earlier epochs again, and the model is the same as if nothing had
        happened. Others start anew.

        Raises BadShape, BadValue (NaN, wrong label numbers), NotEnoughData (fewer than two classes), and
        whatever the callbacks raise (`Cancelled`), in which case the estimator stays unfitted.
        """
        _check_labelled(train, "training", per_sample=self.per_sample)
        if self.labels and self.labels != train.labels:
            raise BadValue("the windows carry other labels than the estimator was made for")
        if validation is not None:
            if len(validation) == 0:
                validation = None
            else:
                _check_labelled(validation, "validation", n_classes=1, per_sample=self.per_sample)
                if validation.x.shape[1:] != train.x.shape[1:]:
                    raise BadShape("training and validation windows have different shapes")
                if validation.labels != train.labels:
                    raise BadValue("training and validation windows have different labels")
        self.window_shape = None
        labels_before, self.labels = self.labels, train.labels
        self.checkpoint_dir = None if checkpoint_dir is None else Path(checkpoint_dir)
        started = time.perf_counter()
        try:
            report = self._fit(train, validation, on_step, on_epoch, seed)
        except BaseException:
            self.labels = labels_before
            raise
        self.window_shape = (int(train.x.shape[1]), int(train.x.shape[2]))
        seconds = time.perf_counter() - started
        return TrainingReport(report.metrics, report.curve, seconds, report.n_parameters)

    # -- answering -----------------------------------------------------------------------------------

    def predict_proba(self, x: FloatArray) -> FloatArray:
        """Return (n, n_classes) float32 probabilities, the last axis in the order of `labels`.

        A `per_sample` estimator returns (n, time, n_classes).
        """
        shape = self._fitted_shape()
        x = np.asarray(x, dtype=np.float32)
        if x.ndim != 3 or x.shape[1:] != shape:
            raise BadShape(f"{self.name} was trained on windows of {shape}, not {x.shape[1:]}")
        if not _all_finite(x):
            raise BadValue("windows hold NaN or infinity")
        if len(x) == 0:
            return np.zeros((0, *shape[: int(self.per_sample)], len(self.labels)), np.float32)
        return np.asarray(self._predict_proba(x), dtype=np.float32)

    def predict(self, x: FloatArray) -> IntArray:
        """Return the (n,) positions of the most probable labels, (n, time) of a `per_sample` estimator."""
        return self.predict_proba(x).argmax(axis=-1).astype(np.int64)

    # -- keeping -------------------------------------------------------------------------------------

    def save(self, directory: Path) -> None:
        """Write the model's native files (JSON, safetensors) into an existing directory."""
        shape = self._fitted_shape()
        facts = {
            "estimator": self.name,
            "config": asdict(self.config),
            "labels": list(self.labels),
            "window_shape": list(shape),
        }
        Path(directory, CONFIG_FILE).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", "utf-8")
        self._save(Path(directory))

    @classmethod
    def load(cls, directory: Path) -> Estimator:
        """Read what `save` wrote; the result answers exactly as the saved one. Raises BadArtifact."""
        directory = Path(directory)
        try:
            facts = json.loads((directory / CONFIG_FILE).read_text("utf-8"))
            if facts["estimator"] != cls.name:
                raise BadArtifact(f"this is a {facts['estimator']}, not a {cls.name}")
            estimator = cls(cls.Config(**facts["config"]), labels=facts["labels"])
            shape = (int(facts["window_shape"][0]), int(facts["window_shape"][1]))
            estimator._load(directory, shape)
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, BadValue) as error:
            raise BadArtifact(f"cannot read the saved {cls.name}: {error}") from error
        estimator.window_shape = shape
        return estimator

    def export_onnx(self, path: Path) -> None:
        """Write ONNX: ``input`` (batch, time, channels) float32 → ``probabilities`` (batch, [time,] classes).

        The batch is dynamic and the answer equals `predict_proba` within 1e-4.
        """
        self._export_onnx(Path(path), self._fitted_shape())

    # -- what a subclass writes ----------------------------------------------------------------------

    @abstractmethod
    def _fit(
        self, train: Windows, validation: Windows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """Learn; `train` is valid and `self.labels` is set. Seconds are filled in by `fit`."""

    @abstractmethod
    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        """Probabilities for at least one valid window."""

    @abstractmethod
    def _save(self, directory: Path) -> None:
        """Write everything that was learnt, beside `config.json`."""

    @abstractmethod
    def _load(self, directory: Path, window_shape: tuple[int, int]) -> None:
        """Read what `_save` wrote."""

    @abstractmethod
    def _export_onnx(self, path: Path, window_shape: tuple[int, int]) -> None:
        """Write the ONNX file."""

    def _fitted_shape(self) -> tuple[int, int]:
        if self.window_shape is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.window_shape


def _all_finite(x: FloatArray) -> bool:
    """True without NaN and infinity; looked at in pieces, since the array may be larger than memory."""
    return all(bool(np.isfinite(x[at : at + 4096]).all()) for at in range(0, len(x), 4096))


def _check_labelled(windows: Windows, part: str, *, n_classes: int = 2, per_sample: bool = False) -> None:
    """Raise unless the windows are finite, labelled within their labels and hold enough classes."""
    if windows.y is None:
        raise NotEnoughData(f"the {part} windows have no labels")
    if (windows.y.ndim == 2) != per_sample:
        raise BadShape(f"labels of {windows.y.shape} where {'every sample' if per_sample else 'every window'} has one")
    if len(windows) == 0:
        raise NotEnoughData(f"there are no {part} windows")
    if windows.x.shape[1] < 1 or windows.x.shape[2] < 1:
        raise BadShape(f"empty {part} windows: {windows.x.shape}")
    if not _all_finite(windows.x):
        raise BadValue(f"the {part} windows hold NaN or infinity")
    present = np.unique(windows.y)
    if per_sample:
        present = present[present != UNLABELLED]
    if len(present) and (present[0] < 0 or present[-1] >= len(windows.labels)):
        raise BadValue(f"a {part} label number has no label")
    if len(present) < n_classes:
        raise NotEnoughData(f"the {part} windows hold fewer than {n_classes} classes")
