"""The TaskKinds of this app."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
from django.core.exceptions import ValidationError

from mlops import task_kinds
from mlops.asking import Asked
from mlops.ml.abstention import abstain_threshold
from mlops.ml.contract import BadValue, NotEnoughData, OnStep, Windows
from mlops.ml.registry import estimator_names
from mlops.ml.sensors.champion_reference import champion_raw_inputs
from mlops.ml.sensors.dataset import (
    ShardFacts,
    dataset_guard,
    load_fold,
    load_windows,
    raw_by_subject,
    read_dataset,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.splits import random_split
from mlops.ml.windows import WindowSpec, balance
from mlops.splitting import SplitPlan, plan_split
from mlops.task_kinds import Built, InputField, SourceSummary
from mlops.window_kind import WindowClassification
from sessions.selectors.asking import sensor_asked
from sessions.selectors.layouts import layout_of
from sessions.selectors.learning import (
    Subject,
    foreign_labels,
    labelled_seconds,
    labelled_series,
    proposed_count,
    teachable_layouts,
    teaching_subjects,
)
from sessions.services.feedback_spans import feedback_to_span
from sessions.services.review import SensorReview

OTHER = "other"
WINDOW_S, STRIDE_S = 3.0, 1.0


class SensorClassification(WindowClassification):
    """Which label does a window of sensor samples have?"""

    name = "sensor_classification"
    title = "Sensor classification"
    estimators = tuple(estimator_names("sensors"))
    label_view = "workouts:samples"
    review = SensorReview()

    def input_fields(self) -> list[InputField]:
        layouts = tuple((row.key, f"{row.title} ({len(row.channels)} channels)") for row in teachable_layouts())
        normalisations = (
            ("window", "Each window by itself"),
            ("dataset", "By the training data (keeps posture)"),
            ("none", "None"),
        )
        return [
            InputField("layout", "Sensor layout", layouts, "Recordings of this layout are learned from.", "flextail"),
            InputField(
                "rate_hz", "Samples per second", help="Recordings are resampled to it. Empty: the layout's rate."
            ),
            InputField("window_s", "Window in seconds", initial="3"),
            InputField("stride_s", "Step in seconds", initial="1"),
            InputField("normalisation", "Normalisation", normalisations, initial="window"),
        ]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """{"layout": key, "window_spec": {…}}, also from the fields of the form."""
        unknown = set(value) - {"layout", "window_spec", "rate_hz", "window_s", "stride_s", "normalisation"}
        if unknown:
            raise ValidationError(
                f"{sorted(map(str, unknown))[0][:40]} is no setting of this kind.", code="unknown_field"
            )
        layout = teachable_layouts().filter(key=str(value.get("layout", ""))[:64]).first()
        if layout is None:
            raise ValidationError("There is no such sensor layout.", code="not_found")
        try:
            if "window_spec" in value:
                spec = WindowSpec.from_json(value["window_spec"])
            else:
                rate = float(value.get("rate_hz") or layout.rate_hz)
                length = round(float(value.get("window_s") or WINDOW_S) * rate)
                stride = max(1, round(float(value.get("stride_s") or STRIDE_S) * rate))
                spec = WindowSpec(rate, length, stride, value.get("normalisation") or "window")
        except (BadValue, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValidationError(f"These windows cannot be cut: {error}.", code="bad_window") from error
        return {"layout": layout.key, "window_spec": spec.to_json()}

    def summary(self, task: Any) -> SourceSummary:
        labels = _labels(task)
        subjects = teaching_subjects(layout=task.input["layout"], labels=labels)
        return SourceSummary(
            n_subjects=len(subjects),
            n_sources=sum(len(subject.recordings) for subject in subjects),
            labelled_s=labelled_seconds(layout=task.input["layout"], labels=labels),
            n_generated_subjects=sum(subject.generated for subject in subjects),
            n_proposed=proposed_count(layout=task.input["layout"]),
        )

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        labels, spec = _labels(task), WindowSpec.from_json(task.input["window_spec"])
        if len(labels) < 2:
            raise NotEnoughData("A classifier needs a label set of at least two labels")
        other = OTHER if OTHER in labels else None
        subjects = teaching_subjects(
            layout=task.input["layout"], labels=labels, include_generated=parameters.get("include_generated", True)
        )
        foreign = foreign_labels(kind=self.name, labels=labels)
        facts: list[ShardFacts] = []
        for done, subject in enumerate(subjects):
            on_step(done, len(subjects))
            series = labelled_series(subject, other=other, foreign=foreign)
            facts.append(write_subject_shard(directory, subject.pseudonym, series, spec, labels, other))
        on_step(len(subjects), max(1, len(subjects)))
        useful = [fact for fact in facts if fact.n_windows]
        present = {label for fact in useful for label in fact.per_label}
        if len(present) < 2:
            raise NotEnoughData(
                "Fewer than two labels have enough labelled time. Label at least "
                f"{spec.duration_s:g} seconds of two exercises"
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

    def built(
        self,
        directory: Path,
        *,
        facts: Sequence[ShardFacts],
        subjects: Sequence[Subject],
        plan: SplitPlan,
        spec: WindowSpec,
        labels: Sequence[str],
        parameters: Mapping[str, Any],
    ) -> Built:
        """Write the manifest of shards that lie in `directory`; what the engine keeps of the dataset.

        facts     of the shards that hold windows
        subjects  everybody whose recordings were looked at
        """
        parts = _parts(plan)
        used = {fact.subject for fact in facts}
        generated = sorted(s.pseudonym for s in subjects if s.generated and s.pseudonym in used)
        sources = {"recordings": sum(len(s.recordings) for s in subjects if s.pseudonym in used)}
        layout = subjects[0].recordings[0].layout
        manifest = write_manifest(
            directory,
            spec=spec,
            labels=labels,
            layout=layout_of(layout).to_dict(),
            parts=parts,
            facts=facts,
            kind=self.name,
            split={**plan.facts(), "parts": {}},
            balance=parameters.get("balance", "none"),
            seed=parameters["seed"],
            sources=sources,
            generated=bool(generated),
        )
        return Built(
            content_hash=manifest["content_hash"],
            facts={
                "n_windows": sum(fact.n_windows for fact in facts),
                "per_label": {label: sum(fact.per_label.get(label, 0) for fact in facts) for label in labels},
                "per_subject": {fact.subject: fact.per_label for fact in facts},
                "split": plan.facts(),
                "sources": sources,
                "layout": layout.key,
                "window_spec": spec.to_json(),
                "generated": bool(generated),
                "n_generated_subjects": len(generated),
            },
            subjects={fact.subject: (parts[fact.subject], fact.n_windows) for fact in facts},
        )

    def load(self, directory: Path, part: str) -> Windows:
        manifest = read_dataset(directory)
        if manifest["split"]["how"] == "random":
            windows = load_windows(directory)
            windows = windows.take(random_split(len(windows), manifest["seed"])[part])
        else:
            windows = load_windows(directory, part)
        if part == "train" and windows.y is not None and manifest["balance"] != "none":
            windows = windows.take(balance(windows.y, manifest["balance"], manifest["seed"]))
        return windows

    def fold(self, directory: Path, subject: str) -> tuple[Windows, Windows]:
        manifest = read_dataset(directory)
        known, unseen = load_fold(directory, subject)
        if known.y is not None and manifest["balance"] != "none":
            known = known.take(balance(known.y, manifest["balance"], manifest["seed"]))
        return known, unseen

    def parse_input(self, task: Any, payload: Mapping[str, Any], user: Any) -> Asked:
        return sensor_asked(kind=self, payload=payload, user=user)

    def raw_reference(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        return champion_raw_inputs(manifest)

    def feedback_to_span(self, feedback: Any) -> Any:
        return feedback_to_span(feedback)

    def load_raw(self, directory: Path, part: str) -> Windows:
        return load_windows(directory, part, raw=True)

    def raw_inputs(self, directory: Path) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        return raw_by_subject(directory)

    def abstention(self, directory: Path, answers: Any, data: Windows) -> dict[str, Any]:
        """`abstain_below` and the guard, see mlops.ml.abstention."""
        guard = dataset_guard(directory).to_json()
        if answers is None or data.y is None:
            return {"guard": guard}
        return {"abstain_below": abstain_threshold(answers, data.y, data.labels), "guard": guard}

    def manifest(self, directory: Path) -> dict[str, Any]:
        known = read_dataset(directory)
        return {name: known[name] for name in ("labels", "window_spec", "scaler", "layout")}


def _labels(task: Any) -> list[str]:
    return list(task.label_set.names) if task.label_set else []


def _parts(plan: SplitPlan) -> dict[str, str]:
    """With the random split every subject teaches the scaler; `load` tears the windows apart."""
    return {subject: "train" if part == "mixed" else part for subject, part in plan.parts.items()}


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(SensorClassification())
