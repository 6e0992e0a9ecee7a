"""Labelled feature files → `Embedded`, each read in a limited child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlops.ml.contract import NotEnoughData
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.movement.embedding import Ask, embed, vector_names
from mlops.ml.vision.movement.embedding_file import Embedded
from mlops.ml.vision.movement.landmark_file import Landmarks, read_landmarks
from mlops.ml.vision.movement.stretches import Cutting

READING = Limits(memory_mib=1536, cpu_s=600, wall_s=1200)


def embedded_of(
    paths: Sequence[Path], by: str, cutting: Cutting, ask: Ask | None = None
) -> tuple[Embedded, int]:  # fmt: skip
    """The labelled stretches of some feature files, and how many were left out because nobody is seen in them.

    Each file is a clip, by its name. Raises UnreadableInput, PartMissing, BadValue, NotEnoughData without a label.
    """
    clips: list[str] = []
    rows: list[tuple[float, float, str]] = []
    vectors: list[np.ndarray] = []
    n_unseen, is_generated = 0, False
    for path in paths:
        landmarks: Landmarks = in_child(read_landmarks, READING)(path)
        is_generated |= landmarks.is_generated
        examples = cutting.labelled(landmarks.spans, sorted({label for *_, label in landmarks.spans}))
        found = embed([landmarks.between(start_s, end_s) for start_s, end_s, _ in examples], by, ask)
        for example, vector in zip(examples, found, strict=True):
            if vector is None:
                n_unseen += 1
                continue
            clips.append(path.stem)
            rows.append(example)
            vectors.append(vector)
    if not rows:
        raise NotEnoughData("no feature file has a labelled stretch in which somebody is seen")
    assert vectors[0].shape == (len(vector_names(by)),)
    spans = np.array([row[:2] for row in rows], np.float64)
    labels = np.array([row[2] for row in rows])
    return Embedded(by, np.array(clips), spans, labels, np.stack(vectors), is_generated), n_unseen
