"""A data set of generated repetitions: people, each with a body of their own, every exercise, four levels of form."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.biomechanics.generator.body import make_body
from mlops.ml.biomechanics.generator.camera import TAUGHT_VIEWS
from mlops.ml.biomechanics.generator.faults import EXERCISES, FAULTS, LEVEL_FROM, LEVELS
from mlops.ml.biomechanics.generator.sequences import RATE_HZ, Generated, Repetition, generate_repetition
from mlops.ml.biomechanics.generator.truth import FACTORS
from mlops.ml.biomechanics.geometry import ANGLES
from mlops.ml.vision.pose import LANDMARKS

CSV_FILE, LABELS_FILE, SEQUENCES = "biomechanics_dataset.csv", "biomechanics_labels.json", "landmark_sequences"
PER_SUBJECT = len(EXERCISES)
ALL_FAULTS = tuple(sorted({name for faults in FAULTS.values() for name in faults}))
LARGEST_DRAWN = 0.95
"""A drawn severity is never larger."""


@dataclass(frozen=True)
class Made:
    """One sequence of the data set and whose body it is."""

    name: str
    subject: int
    sequence: Generated

    @property
    def truth(self) -> Repetition:
        return self.sequence.truth[0]


def draw_faults(rng: np.random.Generator, exercise: str, level: str) -> dict[str, float]:
    """Severities whose score lies in a level: one to four faults, more where these are not enough."""
    at = LEVELS.index(level)
    top = 100.0 if at == 0 else LEVEL_FROM[at - 1]
    lost = 100.0 - float(rng.uniform(max(LEVEL_FROM[at], 15.0), top))
    names = [str(name) for name in rng.permutation(list(FAULTS[exercise]))]
    n = int(rng.integers(1, 5))
    found = {name: 0.0 for name in FAULTS[exercise]}
    costs = {name: FAULTS[exercise][name].cost for name in names}
    while sum(costs[name] for name in names[:n]) * LARGEST_DRAWN < lost and n < len(names):
        n += 1
    shares = rng.dirichlet(np.full(n, 1.5))
    for name, share in zip(names[:n], shares, strict=True):
        found[name] = min(LARGEST_DRAWN, lost * float(share) / costs[name])
    for name in names[:n]:
        missing = lost - sum(costs[other] * value for other, value in found.items())
        found[name] = min(LARGEST_DRAWN, found[name] + max(0.0, missing) / costs[name])
    return {name: round(value, 4) for name, value in found.items()}


def generate(
    n_sequences: int = 1000, *, seed: int = 0, views: Sequence[str] = TAUGHT_VIEWS, jitter: float = 1.0,
    first_subject: int = 0,
) -> Iterator[Made]:  # fmt: skip
    """Sequences one after the other: five a person, one of each exercise; levels come equally often.

    first_subject  number of the first person: other numbers are other people
    """
    for number in range(n_sequences):
        subject, exercise = first_subject + number // PER_SUBJECT, EXERCISES[number % PER_SUBJECT]
        rng = np.random.default_rng([seed, 3, subject, number % PER_SUBJECT])
        level = LEVELS[(subject + number % PER_SUBJECT) % len(LEVELS)]
        faults = draw_faults(rng, exercise, level)
        view = str(rng.choice(list(views)))
        body = make_body(seed * 1_000_003 + subject)
        own = int(rng.integers(2**31))
        strength = jitter * float(rng.uniform(0.6, 1.4))
        sequence = generate_repetition(exercise, faults, view, own, body=body, jitter=strength)
        yield Made(f"sequence_{number:05d}", subject, sequence)


def write_dataset(directory: Path, n_sequences: int = 1000, *, seed: int = 0, **settings: Any) -> list[Path]:
    """Write biomechanics_dataset.csv, biomechanics_labels.json and landmark_sequences/*.npy (frames, 33, 3) float32."""
    (directory / SEQUENCES).mkdir(parents=True, exist_ok=True)
    rows = []
    for made in generate(n_sequences, seed=seed, **settings):
        np.save(directory / SEQUENCES / f"{made.name}.npy", made.sequence.landmarks, allow_pickle=False)
        rows.append(row_of(made))
    with (directory / CSV_FILE).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told = {
        "generated": True, "seed": seed, "n_sequences": n_sequences, "rate_hz": RATE_HZ,
        "exercises": list(EXERCISES), "joint_angles": list(ANGLES), "landmarks": list(LANDMARKS),
        "form_levels": [{"name": name, "from": least} for name, least in zip(LEVELS, LEVEL_FROM, strict=True)],
        "faults": {exercise: {name: fault.cost for name, fault in own.items()} for exercise, own in FAULTS.items()},
        "risk_factors": {exercise: list(own) for exercise, own in FACTORS.items()},
        "sequences": {row["sequence_id"]: _label_of(row) for row in rows},
    }  # fmt: skip
    (directory / LABELS_FILE).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return [directory / CSV_FILE, directory / LABELS_FILE, directory / SEQUENCES]


def row_of(made: Made) -> dict[str, Any]:
    """One row of the CSV: whose, what, the truth, the severities, and how it was filmed."""
    truth, camera = made.truth, made.sequence.camera
    return {
        "sequence_id": made.name, "file": f"{SEQUENCES}/{made.name}.npy", "subject": f"subject_{made.subject:04d}",
        "exercise": truth.exercise, "form_level": truth.form_level, "form_score": round(truth.form_score, 2),
        "risk": round(truth.risk, 2), **{name: round(truth.angles[name], 2) for name in ANGLES},
        **{f"fault_{name}": truth.faults.get(name, 0.0) for name in ALL_FAULTS},
        "view": camera.view, "yaw_deg": round(camera.yaw, 1), "distance_m": round(camera.distance_m, 2),
        "width": camera.width, "height": camera.height, "frames": len(made.sequence.times), "rate_hz": RATE_HZ,
        "turn_s": round(truth.turn_s, 3),
    }  # fmt: skip


def _label_of(row: dict[str, Any]) -> dict[str, Any]:
    names = ("subject", "exercise", "form_level", "form_score", "risk", "view", "width", "height", "frames", "turn_s")
    return {
        **{name: row[name] for name in names}, "joint_angles": [row[name] for name in ANGLES],
        "faults": {name: row[f"fault_{name}"] for name in FAULTS[row["exercise"]]},
    }  # fmt: skip
