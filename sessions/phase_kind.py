"""The TaskKind that names every sample: in which phase of a repetition is a body?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.kinds import base as task_kinds
from mlops.kinds.answers import Answer, Headline
from mlops.kinds.base import CardText, Importance, TaskKind
from mlops.kinds.examples import BuildConfig, Built, InputField
from mlops.kinds.metric import CLASSIFICATION, Metric
from mlops.kinds.questions import Inputs
from mlops.kinds.windows import channel_names
from mlops.kinds.windows_exchange import WindowArtifacts
from mlops.ml.calibration import calibration_bins
from mlops.ml.contract import UNLABELLED, FloatArray, NotEnoughData, OnStep, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.registry import estimator_names
from mlops.ml.sensors.dataset import ShardFacts, read_dataset
from mlops.ml.sensors.sequences import (
    TOLERANCE_S,
    SequenceWindows,
    load_sequence_fold,
    load_sequences,
    phases_of,
    sequence_report,
    write_sequence_shard,
)
from mlops.ml.splits import random_split
from mlops.ml.windows import WindowSpec
from sessions.kinds import SensorClassification, plan_of
from sessions.selectors.learning import foreign_labels, labelled_series, teaching_subjects


class MovementPhase(SensorClassification):
    """Which label does each sample have? Spans such as down, bottom, up and rest teach it."""

    name = "movement_phase"
    title = "Movement phase (every sample)"
    estimators = tuple(estimator_names("phases"))
    metrics = (
        *CLASSIFICATION[:2],
        Metric(
            "accuracy_tolerant",
            f"Accuracy within {TOLERANCE_S:g} s",
            help="Accuracy that allows a phase change to be a little early or late.",
        ),
        *CLASSIFICATION[2:],
    )
    gates = {"accuracy": 0.8}
    review = None
    Build = BuildConfig
    """Windows with many labels cannot be balanced."""
    foreign_kinds = ("sensor_classification",)
    judged = "samples"
    agreement_metric = ""
    """A headline names the longest phase of a window; the metrics count samples."""
    exchange = WindowArtifacts()
    """One label a sample is no form that other libraries or endpoints know: whole artifacts travel."""

    usual_cut = {"window_s": 3.0, "stride_s": 1.5, "normalisation": "window"}
    """A step of half a window is enough, because a window teaches at every sample."""

    def input_fields(self) -> list[InputField]:
        """The same questions, answered as usual here."""
        fields = super().input_fields()
        return [replace(field, initial=str(self.usual_cut.get(field.name, field.initial))) for field in fields]

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        labels = list(task.label_set.names) if task.label_set else []
        spec = WindowSpec.from_json(task.input["window_spec"])
        if len(labels) < 2:
            raise NotEnoughData("The label set needs at least two labels")
        subjects = teaching_subjects(
            layout=task.input["layout"],
            labels=labels,
            include_generated=parameters.get("include_generated", True),
            only_labelled=True,
        )
        foreign = foreign_labels(kinds=self.foreign_kinds, labels=labels)
        facts: list[ShardFacts] = []
        for done, subject in enumerate(subjects):
            on_step(done, len(subjects))
            series = labelled_series(subject, other=None, foreign=foreign)
            facts.append(write_sequence_shard(directory, subject.pseudonym, series, spec, labels))
        on_step(len(subjects), max(1, len(subjects)))
        useful = [fact for fact in facts if fact.n_windows]
        if len({label for fact in useful for label in fact.per_label}) < 2:
            raise NotEnoughData(
                "Fewer than two phases have enough labelled time. Label whole repetitions: at least half of each "
                f"{spec.duration_s:g} s window must be labelled"
            )
        plan = plan_of(useful, parameters)
        return self.built(
            directory,
            facts=useful,
            subjects=subjects,
            plan=plan,
            spec=spec,
            labels=labels,
            parameters=parameters,
        )

    def load_part(self, directory: Path, part: str, *, raw: bool = False) -> SequenceWindows:
        manifest = read_dataset(directory)
        if manifest["split"]["how"] != "random":
            return load_sequences(directory, part, raw=raw)
        windows = load_sequences(directory, raw=raw)
        return windows.take(random_split(len(windows), manifest["seed"])[part])

    def fold(self, directory: Path, subject: str) -> tuple[SequenceWindows, SequenceWindows]:
        return load_sequence_fold(directory, subject)

    # -- judging: sample by sample -------------------------------------------------------------------

    def evaluate(self, outputs: FloatArray, data: Any) -> dict[str, Any]:
        report: dict[str, Any] = dict(sequence_report(outputs, data))
        known = data.y != UNLABELLED
        best = outputs[known]
        report["calibration"] = calibration_bins(best.max(axis=1), best.argmax(axis=1) == data.y[known])
        return report

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        taught, asked = train.y[train.y != UNLABELLED], data.y[data.y != UNLABELLED]
        if not len(taught) or not len(asked):
            return {}
        return {"baseline_accuracy": float((asked == np.bincount(taught).argmax()).mean())}

    def pair_values(self, outputs: FloatArray, data: Any) -> npt.NDArray[Any]:
        """The share of right samples in each window."""
        known = data.y != UNLABELLED
        right = (outputs.argmax(axis=2) == data.y) & known
        shares: npt.NDArray[Any] = (right.sum(axis=1) / np.maximum(known.sum(axis=1), 1)).astype(np.float32)
        return shares

    def explain(
        self, estimator: Any, data: Any, manifest: Mapping[str, Any], on_step: OnStep = ignore
    ) -> list[Importance]:
        def right(x: FloatArray, kept: npt.NDArray[Any]) -> float:
            truth = data.y[kept]
            known = truth != UNLABELLED
            return float((estimator.predict_proba(x).argmax(axis=2) == truth)[known].mean())

        found = permutation_importance(right, data.x, axis=2, on_step=on_step)
        return [
            Importance(name, mean, spread) for name, (mean, spread) in zip(channel_names(manifest), found, strict=True)
        ]

    def abstention(self, directory: Path, outputs: Any, data: Any) -> dict[str, Any]:
        """Every sample has a phase; ``rest`` is what is none of a repetition."""
        return {}

    # -- serving: runs of one phase ------------------------------------------------------------------

    def retrain_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if name != "balance"}

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """For each window {"phases": [{label, start_s, end_s, score}]}, seconds from the window's first sample."""
        rate_hz = float(manifest["window_spec"]["rate_hz"])
        return [
            Answer({"phases": phases_of(row, manifest["labels"], rate_hz)}, _longest(row, manifest["labels"]))
            for row in outputs
        ]

    def uncertainty(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        return TaskKind.uncertainty(self, answers)

    def reference_shipped(self, manifest: Mapping[str, Any]) -> Any:
        return iter(())

    def feedback_to_span(self, feedback: Any) -> Any:
        """A window has many phases, so "wrong?" says too little to learn from: labels are drawn instead."""
        return None

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        words = super().card(manifest)
        length = manifest.get("window_spec", {}).get("length", "time")
        labels = ", ".join(map(str, manifest.get("labels", [])))
        inputs = [*words.inputs[:-1], f"Output `probabilities`: (batch, {length}, classes), one of {labels} a sample."]
        return replace(words, purpose="Recognises the phase of a repetition at every sample.", inputs=inputs)


def _longest(row: FloatArray, labels: Sequence[str]) -> Headline:
    """The phase that most of a window is in, and how sure the model is of it there."""
    best = row.argmax(axis=1)
    most = int(np.bincount(best, minlength=len(labels)).argmax())
    return Headline(str(labels[most]), confidence=float(row[best == most, most].mean()))


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(MovementPhase())
