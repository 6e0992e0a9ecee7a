"""Average precision on generated scenes, and how many boxes are found where there is nothing of the kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.own_detector.scene_set import SceneSet
from mlops.ml.vision.video.yolo import YoloDetector

Floats = npt.NDArray[np.float32]
OVERLAP = 0.5
"""From which a box counts as found: AP50."""


def precision_by_class(detector: YoloDetector, scenes: SceneSet) -> dict[str, dict[str, float]]:
    """{class: {"ap50", "precision", "recall", "n"}}; precision and recall at the confidence that the detector keeps.

    The detector must answer all its boxes; `kept_from` of it says which of them it would keep.
    """
    side = scenes.rgb.shape[1]
    answers = [detector.find(scenes.rgb[number]) for number in range(len(scenes))]
    found: dict[str, dict[str, float]] = {}
    for kind, name in enumerate(detector.labels):
        scores, hits, n = [], [], 0
        for answer, boxes in zip(answers, scenes.boxes, strict=True):
            true = boxes[boxes[:, 0] == kind, 1:] / side
            n += len(true)
            mine = answer[answer[:, 0] == kind]
            scores.append(mine[:, 1])
            hits.append(_hits(mine[:, 2:], true))
        score, hit = np.concatenate(scores), np.concatenate(hits)
        least = float(detector.kept_from[kind])
        kept = score >= least
        found[name] = {
            "ap50": round(average_precision(score, hit, n), 4),
            "precision": round(float(hit[kept].mean()), 4) if kept.any() else 0.0,
            "recall": round(float(hit[kept].sum()) / max(1, n), 4),
            "n": n,
        }
    return found


def average_precision(score: Floats, hit: npt.NDArray[np.bool_], n: int) -> float:
    """Area below precision over recall, precision taken as the best from there on; n things in all."""
    if not n or not len(score):
        return 0.0
    order = np.argsort(-score, kind="stable")
    right = np.cumsum(hit[order])
    precision = right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best * hit[order]).sum() / n)


def boxes_per_frame(detector: YoloDetector, frames: Iterable[npt.NDArray[np.uint8]]) -> dict[str, Any]:
    """{"n_frames", class: boxes a frame that the detector keeps}."""
    counts, n = np.zeros(len(detector.labels)), 0
    for rgb in frames:
        found = detector.find(rgb)
        n += 1
        np.add.at(counts, found[:, 0].astype(int), 1)
    return {
        "n_frames": n,
        **{name: round(float(one) / max(1, n), 4) for name, one in zip(detector.labels, counts, strict=True)},
    }


def clip_frames(path: Path, every: int) -> Iterable[npt.NDArray[np.uint8]]:
    """Every n-th frame of a clip of ours, upright."""
    from mlops.ml.vision.video.facts import read_facts
    from mlops.ml.vision.video.frames import Stretch, frames_of

    facts = read_facts(path)
    for frame in frames_of(path, facts, Stretch(0, len(facts.t_s), every)):
        yield frame.rgb


def _hits(found: Floats, true: Floats) -> npt.NDArray[np.bool_]:
    """Which of the boxes, surest first, lie on a thing that no surer one has taken."""
    hit = np.zeros(len(found), np.bool_)
    free = np.ones(len(true), np.bool_)
    for number, box in enumerate(found):
        if not free.any():
            break
        low, high = np.maximum(box[:2], true[:, :2]), np.minimum(box[2:], true[:, 2:])
        common = (high - low).clip(0).prod(1)
        both = (box[2:] - box[:2]).prod() + (true[:, 2:] - true[:, :2]).prod(1) - common
        overlap = np.where(free, common / np.maximum(both, 1e-9), 0)
        best = int(overlap.argmax())
        if overlap[best] >= OVERLAP:
            hit[number], free[best] = True, False
    return hit
