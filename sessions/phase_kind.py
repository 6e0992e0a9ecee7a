"""The TaskKind that names every sample: in which phase of a repetition is a body?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops import task_kinds
from mlops.metric import CLASSIFICATION, Metric
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
from mlops.splitting import plan_split
from mlops.task_kinds import Built, CardText, Importance, InputField
from mlops.window_kind import channel_names
from sessions.kinds import SensorClassification
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
            help="The same, forgiving a change of phase that is named a little early or late.",
        ),
        *CLASSIFICATION[2:],
    )
    gates = {"accuracy": 0.8}
    review = None

    def input_fields(self) -> list[InputField]:
        """The same questions; a step of half a window is enough, because a window teaches at every sample."""
        return [
            InputField(field.name, field.title, field.choices, field.help, "1.5") if field.name == "stride_s" else field
            for field in super().input_fields()
        ]

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        labels = list(task.label_set.names) if task.label_set else []
        spec = WindowSpec.from_json(task.input["window_spec"])
        if len(labels) < 2:
            raise NotEnoughData("Phases need a label set of at least two labels")
        if parameters.get("balance", "none") != "none":
            raise NotEnoughData("Windows with many labels cannot be balanced; weigh rare labels in training instead")
        subjects = teaching_subjects(
            layout=task.input["layout"],
            labels=labels,
            include_generated=parameters.get("include_generated", True),
            only_labelled=True,
        )
        foreign = foreign_labels(kind=self.name, labels=labels)
        facts: list[ShardFacts] = []
        for done, subject in enumerate(subjects):
            on_step(done, len(subjects))
            series = labelled_series(subject, other=None, foreign=foreign)
            facts.append(write_sequence_shard(directory, subject.pseudonym, series, spec, labels))
        on_step(len(subjects), max(1, len(subjects)))
        useful = [fact for fact in facts if fact.n_windows]
        if len({label for fact in useful for label in fact.per_label}) < 2:
            raise NotEnoughData(
                f"Fewer than two phases are labelled. Label whole repetitions: windows of {spec.duration_s:g} s "
                "of which at least half is labelled teach"
            )
        plan = plan_split([fact.subject for fact in useful], how=parameters["split"], seed=parameters["seed"])
        return self.built(
            directory,
            facts=useful,
            subjects=subjects,
            plan=plan,
            spec=spec,
            labels=labels,
            parameters=parameters,
        )

    def load(self, directory: Path, part: str) -> SequenceWindows:
        manifest = read_dataset(directory)
        if manifest["split"]["how"] == "random":
            windows = load_sequences(directory)
            return windows.take(random_split(len(windows), manifest["seed"])[part])
        return load_sequences(directory, part)

    def fold(self, directory: Path, subject: str) -> tuple[SequenceWindows, SequenceWindows]:
        return load_sequence_fold(directory, subject)

    # -- judging: sample by sample -------------------------------------------------------------------

    def evaluate(self, answers: FloatArray, data: Any) -> dict[str, Any]:
        report: dict[str, Any] = dict(sequence_report(answers, data))
        known = data.y != UNLABELLED
        best = answers[known]
        report["calibration"] = calibration_bins(best.max(axis=1), best.argmax(axis=1) == data.y[known])
        return report

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        taught, asked = train.y[train.y != UNLABELLED], data.y[data.y != UNLABELLED]
        if not len(taught) or not len(asked):
            return {}
        return {"baseline_accuracy": float((asked == np.bincount(taught).argmax()).mean())}

    def pair_values(self, answers: FloatArray, data: Any) -> npt.NDArray[Any]:
        """The share of right samples in each window."""
        known = data.y != UNLABELLED
        right = (answers.argmax(axis=2) == data.y) & known
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

    def abstention(self, directory: Path, answers: Any, data: Any) -> dict[str, Any]:
        """Every sample has a phase; ``rest`` is what is none of a repetition."""
        return {}

    # -- serving: runs of one phase ------------------------------------------------------------------

    def write_answers(self, answers: npt.NDArray[Any], manifest: Mapping[str, Any]) -> list[Any]:
        """For each window {"phases": [{label, start_s, end_s, score}]}, seconds from the window's first sample."""
        rate_hz = float(manifest["window_spec"]["rate_hz"])
        return [{"phases": phases_of(row, manifest["labels"], rate_hz)} for row in answers]

    def raw_reference(self, manifest: Mapping[str, Any]) -> Any:
        return iter(())

    def feedback_to_span(self, feedback: Any) -> Any:
        """A window has many phases, so "wrong?" says too little to learn from: labels are drawn instead."""
        return None

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        words = super().card(manifest)
        length = manifest.get("window_spec", {}).get("length", "time")
        labels = ", ".join(map(str, manifest.get("labels", [])))
        inputs = [*words.inputs[:-1], f"Output `probabilities`: (batch, {length}, classes), one of {labels} a sample."]
        return CardText("Names the phase of a repetition at every sample.", inputs, words.limits)


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(MovementPhase())
