"""Small models that ship with the repository, trained on simulated athletes and measured on other simulated athletes.

They let a new site name exercises in its first minute. Their manifests say that the data was generated, which seeds
it came from and which command made them; the artifact is the same for the same command.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlops.ml.abstention import abstain_threshold
from mlops.ml.artifact import write_artifact
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import LabelledSeries, dataset_guard, load_windows, write_manifest, write_subject_shard
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6
from mlops.ml.sensors.simulate import EXERCISES, OTHER, REST, PlanKind, demo_plan, random_subject, simulate_session
from mlops.ml.windows import WindowSpec

Say = Callable[[str], None]
LABELS = (*EXERCISES, OTHER)
FIRST_SUBJECT = 10_000
"""Seeds from here on; the demo athletes use others, so that a champion never saw them."""


@dataclass(frozen=True)
class ChampionPlan:
    """What to train: layout, estimator, how many simulated subjects, how the signal is cut and normalised."""

    task: str
    title: str
    layout: str
    estimator: str
    spec: WindowSpec
    n_subjects: int = 100
    sessions_each: int = 2
    everyday_each: int = 0
    """More sessions, of everyday movements only: for layouts that easily mistake one for an exercise."""


PLANS = (
    ChampionPlan(
        "exercise", "Exercise from a FlexTail", "flextail", "random_kernels", WindowSpec(50, 150, 50, "window")
    ),
    ChampionPlan(
        "exercise-imu6",
        "Exercise from a chest unit",
        "imu6",
        "random_kernels",
        WindowSpec(50, 150, 50, "dataset"),
        everyday_each=1,
    ),
)

TAUGHT_BY = "It was trained on simulated people only, and its metrics come from simulated people."
ON_REAL = {
    "exercise": "Of real lifts with a FlexTail (five exercises, four people) its first guess was right in 20 % of the "
    "windows, and it withheld 94 % of its answers: train one on recordings of your own before you rely on it."
}
"""What a shipped champion gave on real people, where that was measured; task → sentence."""

LAYOUTS = {layout.name: layout for layout in (FLEXTAIL, IMU6)}


def champion_caution(manifest: Mapping[str, Any]) -> str:
    """What somebody must know before they choose a model that only simulated people taught; "" for other models."""
    if not manifest.get("generated"):
        return ""
    declared = manifest.get("task")
    name = declared.get("name") if isinstance(declared, Mapping) else declared
    on_real = ON_REAL.get(str(name), "It has not been tested on real people.") if manifest.get("demo") else ""
    return f"{TAUGHT_BY} {on_real}".strip()


def make_champion(plan: ChampionPlan, root: Path, *, command: str, seed: int = 0, say: Say = print) -> Path:
    """Simulate, train, measure on held-out simulated subjects; return the artifact written at root/<task>/<estimator>.

    Raises BadArtifact when that folder exists already.
    """
    layout = LAYOUTS[plan.layout]
    layout_json = {"name": layout.name, "channels": list(layout.channel_names), "rate_hz": layout.rate_hz}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        subjects = [f"sim{number:03d}" for number in range(plan.n_subjects)]
        parts = {name: _part(number) for number, name in enumerate(subjects)}
        facts = []
        for number, name in enumerate(subjects):
            recordings = [_series(plan, number, session) for session in range(plan.sessions_each + plan.everyday_each)]
            facts.append(write_subject_shard(directory, name, recordings, plan.spec, LABELS, OTHER))
        dataset = write_manifest(
            directory,
            spec=plan.spec,
            labels=LABELS,
            layout=layout_json,
            parts=parts,
            facts=facts,
            kind="sensor_classification",
            generated=True,
        )
        train, validation, test = (load_windows(directory, part) for part in ("train", "val", "test"))
        say(f"{plan.task}: {len(train)} windows for training, {len(test)} for testing")
        estimator = estimator_class(plan.estimator)(labels=LABELS)
        report = estimator.fit(train, validation=validation, seed=seed)
        assert test.y is not None
        assert validation.y is not None
        threshold = abstain_threshold(estimator.predict_proba(validation.x), validation.y, LABELS)
        guard = dataset_guard(directory)
        metrics = dict(classification_report(test.y, estimator.predict_proba(test.x), test.labels))
    n_held_out = sum(part == "test" for part in parts.values())
    say(f"{plan.task}: accuracy {metrics['accuracy']:.3f}, macro F1 {metrics['f1_macro']:.3f}, {report.seconds:.0f} s")
    manifest = {
        "kind": "sensor_classification",
        "task": {"name": plan.task, "title": plan.title},
        "estimator": plan.estimator,
        "config": asdict(estimator.config),
        "labels": list(LABELS),
        "window_spec": plan.spec.to_json(),
        "scaler": dataset["scaler"],
        "abstain_below": threshold,
        "guard": guard.to_json(),
        "layout": layout_json,
        "metrics": metrics,
        "dataset_hash": dataset["content_hash"],
        "code_version": command,
        "origin": command,
        "seed": seed,
        "measured_on": f"{n_held_out} simulated athletes that the model never saw",
        "libraries": {name: version(name) for name in ("numpy", "torch", "onnx")},
        "generated": True,
        "demo": True,
    }

    def fill(folder: Path) -> None:
        estimator.save(folder)
        estimator.export_onnx(folder / "model.onnx")

    return write_artifact(root / plan.task, plan.estimator, fill, manifest)


def _part(number: int) -> str:
    return ("train", "train", "train", "val", "test")[number % 5]


def _series(plan: ChampionPlan, number: int, session: int) -> LabelledSeries:
    """One simulated recording, the last ones of everyday movements only; rest unlabelled as a person would leave it."""
    kind: PlanKind = "mixed" if session < plan.sessions_each else "everyday"
    bouts = demo_plan(kind, seed=FIRST_SUBJECT + 10 * number + session)
    timing = "uneven" if plan.layout == "flextail" and session % 2 else "even"
    made = simulate_session(plan.layout, bouts, random_subject(FIRST_SUBJECT + number), seed=session, timing=timing)  # type: ignore[arg-type]
    spans = [span for span in made.spans if span[2] != REST]
    return LabelledSeries(made.t_s, made.samples, spans, f"{number}/{session}", reviewed=True)
