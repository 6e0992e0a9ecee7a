"""Is this a repetition of the exercise that was named? Numbers of a movement, and how far it is from what was learned.

A network is sure of things it never saw. So a movement is described by a few numbers, and an answer is withheld where
they lie further from the named exercise than held-out repetitions of it do: the Mahalanobis distance of each exercise,
with a limit from held-out people (as Lee, Lee, Lee & Shin, NeurIPS 2018, on the movement instead of on features).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.geometry import INDEX, Array, joint_angles
from mlops.ml.biomechanics.preparing import RATE_HZ

JOINTS = ("knee", "hip", "elbow")
STATISTICS = (
    *(f"{what} of {joint} angle" for joint in JOINTS for what in ("least", "range")),
    "least lean", "range of lean", "way of hips", "way of wrists", "way of ankles", "height of wrists", "duration",
)  # fmt: skip
KEPT, SLACK, RIDGE = 0.995, 1.6, 0.05
"""Share of held-out repetitions that pass; the limit is so many times their distance; part of the variance added."""


def statistics_of(x: npt.NDArray[Any]) -> Array:
    """(13,) of one repetition as `prepared` makes it: degrees, body lengths, seconds."""
    points = np.asarray(x, np.float64)
    angles = joint_angles(points)
    found = []
    for joint in JOINTS:
        both = (angles[f"left_{joint}_angle"] + angles[f"right_{joint}_angle"]) / 2
        found += [np.percentile(both, 5), np.ptp(np.percentile(both, [5, 95]))]
    shoulders, hips, knees, ankles, wrists = (_middle(points, n) for n in ("shoulder", "hip", "knee", "ankle", "wrist"))
    trunk = shoulders - hips
    lean = np.degrees(np.arctan2(np.linalg.norm(trunk[:, [0, 2]], axis=1), -trunk[:, 1]))
    found += [np.percentile(lean, 5), np.ptp(np.percentile(lean, [5, 95]))]
    size = np.mean(sum(np.linalg.norm(a - b, axis=1) for a, b in ((shoulders, hips), (hips, knees), (knees, ankles))))
    for place in (hips, wrists - shoulders, ankles):
        found.append(np.linalg.norm(np.ptp(np.percentile(place[:, :2], [5, 95], axis=0), axis=0)) / max(size, 1e-6))
    found.append(np.median(shoulders[:, 1] - wrists[:, 1]) / max(size, 1e-6))
    return np.array([*found, len(points) / RATE_HZ])


def likeness_fit(
    train: Array, taught: npt.NDArray[Any], held_out: Array, asked: npt.NDArray[Any], n: int
) -> list[dict[str, Any]]:
    """One rule for each of `n` exercises, as JSON: {"mean", "inverse", "limit"}; None for one that was not learned.

    train, held_out  (m, 13) statistics; taught, asked: (m,) positions of their exercises
    """
    rules: list[Any] = []
    for exercise in range(n):
        own = train[taught == exercise]
        if len(own) < 2 * len(STATISTICS):
            rules.append(None)
            continue
        spread = np.cov(own.T) + np.diag(RIDGE * own.var(axis=0) + 1e-6)
        rule = {"mean": own.mean(axis=0).tolist(), "inverse": np.linalg.inv(spread).tolist(), "limit": 1.0}
        seen = held_out[asked == exercise]
        far = _distances(rule, seen if len(seen) else own)
        rule["limit"] = SLACK * float(np.quantile(far, KEPT))
        rules.append(rule)
    return rules


def is_like(rules: Sequence[Mapping[str, Any] | None], exercise: int, statistics: Array) -> bool:
    """Whether a movement is near enough to what was learned of an exercise."""
    rule = rules[exercise]
    return rule is None or bool(_distances(rule, statistics[None])[0] <= rule["limit"])


def _distances(rule: Mapping[str, Any], statistics: Array) -> Array:
    gap = statistics - np.asarray(rule["mean"])
    return np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", gap, np.asarray(rule["inverse"]), gap), 0.0))


def _middle(points: Array, name: str) -> Array:
    return (points[:, INDEX[f"left_{name}"]] + points[:, INDEX[f"right_{name}"]]) / 2
