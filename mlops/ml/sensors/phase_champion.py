"""The small phase model that ships with the repository, trained and measured on simulated athletes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from mlops.ml.artifact import write_artifact
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import LabelledSeries, write_manifest
from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.sequences import load_sequences, sequence_report, write_sequence_shard
from mlops.ml.sensors.simulate import PHASES, demo_plan, random_subject, simulate_session
from mlops.ml.windows import WindowSpec

TASK, TITLE = "movement-phase", "Movement phase from a FlexTail"
SPEC = WindowSpec(50, 150, 75, "window")
FIRST_SUBJECT = 20_000
"""Seeds from here on; the demo athletes and the other champions use others."""
N_SUBJECTS, EPOCHS = 25, 10


def make_phase_champion(
    root: Path, *, command: str, seed: int = 0, n_subjects: int = N_SUBJECTS, epochs: int = EPOCHS,
    say: Callable[[str], None] = print,
) -> Path:  # fmt: skip
    """Simulate, train, measure on held-out simulated subjects; return the artifact written at root/<task>/phase_tcn.

    Raises BadArtifact when that folder exists already.
    """
    layout = {"name": FLEXTAIL.name, "channels": list(FLEXTAIL.channel_names), "rate_hz": FLEXTAIL.rate_hz}
    subjects = [f"sim{number:03d}" for number in range(n_subjects)]
    parts = {name: ("train", "train", "train", "val", "test")[n % 5] for n, name in enumerate(subjects)}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        facts = []
        for number, name in enumerate(subjects):
            plan = demo_plan("mixed", seed=FIRST_SUBJECT + number)
            made = simulate_session("flextail", plan, random_subject(FIRST_SUBJECT + number), seed=seed)
            series = LabelledSeries(made.t_s, made.samples, made.phases, str(number))
            facts.append(write_sequence_shard(directory, name, [series], SPEC, PHASES))
        dataset = write_manifest(
            directory, spec=SPEC, labels=PHASES, layout=layout, parts=parts, facts=facts, generated=True
        )
        train, validation, test = (load_sequences(directory, part) for part in ("train", "val", "test"))
        cls = estimator_class("phase_tcn")
        estimator = cls(cls.Config(epochs=epochs), labels=PHASES)
        report = estimator.fit(train, validation=validation, seed=seed)
        metrics = dict(sequence_report(estimator.predict_proba(test.x), test))
    say(f"{TASK}: accuracy {metrics['accuracy']:.3f}, macro F1 {metrics['f1_macro']:.3f}, {report.seconds:.0f} s")
    n_held_out = sum(part == "test" for part in parts.values())
    manifest = {
        "kind": "movement_phase",
        "task": {"name": TASK, "title": TITLE},
        "estimator": cls.name,
        "config": asdict(estimator.config),
        "labels": list(PHASES),
        "window_spec": SPEC.to_json(),
        "scaler": dataset["scaler"],
        "layout": layout,
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

    return write_artifact(root / TASK, cls.name, fill, manifest)
