"""Numbers that judge a classifier: per class, over all, calibration, and a paired interval for two models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, NotEnoughData


class ClassScores(TypedDict):
    """One class: its label, precision, recall, F1 (0 where undefined) and number of true windows."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class Report(TypedDict):
    """What `classification_report` returns; `confusion[i][j]` counts true class i answered as j."""

    accuracy: float
    f1_macro: float
    f1_weighted: float
    per_class: list[ClassScores]
    confusion: list[list[int]]
    ece: float
    n: int


def confusion_matrix(y: npt.NDArray[Any], predicted: npt.NDArray[Any], n_classes: int) -> npt.NDArray[np.int64]:
    """Return (n_classes, n_classes) counts, true class by row, answer by column."""
    flat = np.bincount(y.astype(np.int64) * n_classes + predicted, minlength=n_classes * n_classes)
    return flat.reshape(n_classes, n_classes)


def classification_report(y: npt.NDArray[Any], proba: npt.NDArray[Any], labels: Sequence[str]) -> Report:
    """Judge (n, classes) probabilities against (n,) true label numbers.

    The macro F1 is the mean over the classes that occur as truth or as answer; the weighted F1 weighs by
    support. Raises BadShape and, without any window, NotEnoughData.
    """
    y = np.asarray(y)
    if proba.shape != (len(y), len(labels)):
        raise BadShape(f"probabilities of {proba.shape} for {len(y)} windows and {len(labels)} labels")
    if len(y) == 0:
        raise NotEnoughData("there is nothing to evaluate")
    predicted = proba.argmax(axis=1)
    matrix = confusion_matrix(y, predicted, len(labels))
    hits, support, answers = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    precision = hits / np.maximum(answers, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + answers, 1)
    seen = (support + answers) > 0
    return {
        "accuracy": float(hits.sum() / len(y)),
        "f1_macro": float(f1[seen].mean()),
        "f1_weighted": float((f1 * support).sum() / len(y)),
        "per_class": [
            {
                "label": label,
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, label in enumerate(labels)
        ],
        "confusion": matrix.tolist(),
        "ece": expected_calibration_error(y, proba),
        "n": len(y),
    }


def expected_calibration_error(y: npt.NDArray[Any], proba: npt.NDArray[Any], n_bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017)."""
    confidence = proba.max(axis=1)
    correct = proba.argmax(axis=1) == y
    bins = np.clip((confidence * n_bins).astype(int), 0, n_bins - 1)
    gap = np.bincount(bins, correct - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / len(y))


def log_loss(y: npt.NDArray[Any], proba: npt.NDArray[Any]) -> float:
    """Return the mean negative log probability of the true class, clipped at 1e-12."""
    true = proba[np.arange(len(y)), y]
    return float(-np.log(np.clip(true, 1e-12, None)).mean())


def paired_bootstrap(
    correct_a: npt.NDArray[Any],
    correct_b: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None = None,
    seed: int = 0,
    *,
    n_resamples: int = 2000,
) -> tuple[float, float, float]:
    """Compare two models on the same windows: (accuracy a − accuracy b, low, high), a 95 % interval.

    With `groups` whole subjects are resampled, because the windows of one person are not independent.
    Raises BadShape and NotEnoughData.
    """
    a, b = np.asarray(correct_a, np.float64), np.asarray(correct_b, np.float64)
    if a.shape != b.shape or a.ndim != 1 or (groups is not None and np.shape(groups) != a.shape):
        raise BadShape("both models must be evaluated on the same windows")
    if len(a) == 0:
        raise NotEnoughData("there is nothing to compare")
    gain = a - b
    if groups is None:
        member = np.arange(len(gain))
    else:
        member = np.unique(groups, return_inverse=True)[1]
    sums, counts = np.bincount(member, gain), np.bincount(member).astype(np.float64)
    rng = np.random.default_rng(seed)
    means = np.empty(n_resamples)
    for i in range(n_resamples):
        pick = rng.integers(0, len(sums), len(sums))
        means[i] = sums[pick].sum() / counts[pick].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return float(gain.mean()), float(low), float(high)
