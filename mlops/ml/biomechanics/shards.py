"""Repetitions as they lie in a shard: one array after the other, and what is known of each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.sequences import Sequences
from mlops.ml.biomechanics.learning import repetitions_of
from mlops.ml.contract import BadArtifact

LANDMARKS_FILE, TRUTH_FILE = "landmarks.npy", "truth.json"


def write_repetitions(
    folder: Path, items: Sequence[npt.NDArray[np.float32]], truth: Sequence[Mapping[str, Any]]
) -> None:
    """Into an existing folder; `truth` as `repetitions_of` takes it."""
    np.save(folder / LANDMARKS_FILE, np.concatenate(list(items)).astype(np.float32), allow_pickle=False)
    rows = [{**one, "frames": len(item)} for item, one in zip(items, truth, strict=True)]
    (folder / TRUTH_FILE).write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", "utf-8")


def read_repetitions(folders: Sequence[Path]) -> Sequences:
    """The name of its folder is the group of each. Raises BadArtifact."""
    items: list[npt.NDArray[np.float32]] = []
    truth: list[dict[str, Any]] = []
    groups: list[str] = []
    for folder in folders:
        try:
            every = np.load(folder / LANDMARKS_FILE, allow_pickle=False)
            rows = json.loads((folder / TRUTH_FILE).read_text("utf-8"))
            ends = np.cumsum([row["frames"] for row in rows])
        except (OSError, ValueError, KeyError) as error:
            raise BadArtifact(f"the repetitions in {folder.name} cannot be read") from error
        items += np.split(every, ends[:-1])
        truth += rows
        groups += [folder.name] * len(rows)
    return repetitions_of(items, truth, groups)
