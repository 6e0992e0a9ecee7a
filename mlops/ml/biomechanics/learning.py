"""Repetitions as the form model learns them, from generated files or from shards."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.items import as_items
from mlops.ml.bases.sequences import Sequences
from mlops.ml.biomechanics.generator.dataset import CSV_FILE, PER_SUBJECT, Made, generate
from mlops.ml.biomechanics.generator.faults import EXERCISES
from mlops.ml.biomechanics.geometry import ANGLES
from mlops.ml.biomechanics.preparing import SWAPPED, mirrored, prepared
from mlops.ml.contract import UNLABELLED, BadArtifact, MLError

HEADS = ("form_score", "joint_angles", "exercise", "risk")
TEST_SHARE = 0.2


def repetitions_of(
    items: Sequence[npt.NDArray[np.float32]], truth: Sequence[dict[str, Any]], groups: Sequence[str]
) -> Sequences:
    """Examples with four heads; what a truth does not tell is unknown."""
    unknown = [np.nan] * len(ANGLES)
    exercises = [EXERCISES.index(one["exercise"]) if one.get("exercise") else UNLABELLED for one in truth]
    y = {
        "form_score": np.array([_number(one.get("form_score")) for one in truth], np.float64),
        "joint_angles": np.array([one.get("joint_angles") or unknown for one in truth], np.float64),
        "exercise": np.array(exercises, np.int64),
        "risk": np.array([_number(one.get("risk")) for one in truth], np.float64),
    }
    y["joint_angles"] = y["joint_angles"].reshape(len(truth), len(ANGLES))
    return Sequences(list(items), y, np.array(list(groups), np.str_), {"exercise": EXERCISES})


def repetitions_made(made: Iterable[Made]) -> Sequences:
    """Generated sequences, each prepared."""
    items, truth, groups = [], [], []
    for one in made:
        items.append(prepared_of(one))
        truth.append(truth_made(one))
        groups.append(f"subject_{one.subject:04d}")
    return repetitions_of(items, truth, groups)


def person_made(number: int, **settings: Any) -> tuple[list[npt.NDArray[np.float32]], list[dict[str, Any]]]:
    """The five repetitions of one generated person, and their truth; the same number is the same person."""
    made = list(generate(PER_SUBJECT, first_subject=number, **settings))
    return [prepared_of(one) for one in made], [truth_made(one) for one in made]


def truth_made(made: Made) -> dict[str, Any]:
    told = made.truth
    return {"form_score": told.form_score, "joint_angles": [told.angles[name] for name in ANGLES],
            "exercise": told.exercise, "risk": told.risk}  # fmt: skip


def prepared_of(made: Made) -> npt.NDArray[np.float32]:
    sequence = made.sequence
    return prepared(sequence.landmarks, sequence.times, sequence.camera.width / sequence.camera.height)


def read_generated(directory: Path) -> Sequences:
    """What `generate_biomechanics_dataset` wrote. Raises BadArtifact."""
    try:
        with (directory / CSV_FILE).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        items, truth = [], []
        for row in rows:
            landmarks = np.load(directory / row["file"], allow_pickle=False)
            times = np.arange(len(landmarks)) / float(row["rate_hz"])
            items.append(prepared(landmarks, times, float(row["width"]) / float(row["height"])))
            truth.append({"form_score": float(row["form_score"]), "risk": float(row["risk"]),
                          "joint_angles": [float(row[name]) for name in ANGLES],
                          "exercise": row["exercise"]})  # fmt: skip
        return repetitions_of(items, truth, [row["subject"] for row in rows])
    except (OSError, KeyError, ValueError, MLError) as error:
        raise BadArtifact(f"{directory} is no data set of repetitions: {error}") from error


def with_mirrored(data: Sequences) -> Sequences:
    """Every repetition twice: as it is and in a mirror, of the same person."""
    items = as_items(data.items)
    both = [items.load(i) for i in range(len(items))]
    both += [mirrored(np.asarray(one, np.float32)) for one in both]
    assert isinstance(data.y, dict)
    again = {**data.y, "joint_angles": data.y["joint_angles"][:, SWAPPED]}
    y = {name: np.concatenate([one, again[name]]) for name, one in data.y.items()}
    return Sequences(both, y, np.concatenate([data.groups, data.groups]), data.labels)


def split_by_subject(data: Sequences, *, seed: int = 0) -> tuple[Sequences, Sequences]:
    """80 % of the people teach, 20 % judge: no person is on both sides."""
    people = np.random.default_rng(seed).permutation(np.unique(data.groups))
    held_out = people[: max(1, round(TEST_SHARE * len(people)))]
    judged = np.isin(data.groups, held_out)
    return data.take(~judged), data.take(judged)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
