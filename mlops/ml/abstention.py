"""When a classifier should not answer: below a confidence fitted on held-out people, and outside what it learned from.

Two means that complement each other, both fitted once when a model is trained and kept in its manifest:

threshold  Chow's rule (C. K. Chow, IEEE Trans. Information Theory 16(1), 1970) with the costs below, on the answers for
           validation windows of people that the model has not seen, rest and other movement included.
guard      a network is often sure of what it never saw, so windows are also compared with the training data: the size
           and the speed of the signal per channel, class by class (the Mahalanobis distance with one shared covariance
           of Lee, Lee, Lee & Shin, NeurIPS 2018, on signal statistics instead of features). A still signal, a sensor on
           a table or a machine's vibration is unlike every exercise and is answered by nobody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, FloatArray, IntArray

WRONG_COSTS = 4.0
"""Naming a wrong exercise, or one where there is none, costs as much as leaving out so many right names."""
MOST_THRESHOLD = 0.95
NO_CLASS = frozenset({"other", "rest", "none", "idle"})
"""Labels that mean "none of these": answering one of them is an abstention already."""

KEPT = 0.995
"""Share of held-out windows that the guard lets through …"""
SLACK = 2.5
"""… with distances up to this multiple of theirs, since new people differ from those."""
MIN_WINDOWS = 30
MAX_CHANNELS = 24
"""More channels are guarded by their mean size and speed alone."""
_TINY = 1e-6


def abstain_threshold(proba: FloatArray, y: IntArray, labels: Sequence[str]) -> float:
    """The confidence below which an answer costs more than it is worth; 0 to 0.95.

    proba (n, classes) for windows that the model has not learned from, y (n,) their classes.
    """
    nothing = np.array([label in NO_CLASS for label in labels])
    named = proba.argmax(axis=1)
    says = ~nothing[named]
    confidence = proba.max(axis=1)[says]
    right = (named == y)[says]
    if not len(confidence) or right.all():
        return 0.0
    order = np.argsort(confidence)
    # leaving out the k least sure answers saves the wrong ones among them and loses the right ones
    gains = np.concatenate(([0.0], np.cumsum(np.where(right[order], -1.0, WRONG_COSTS))))
    k = int(gains.argmax())
    if k == 0:
        return 0.0
    above = confidence[order[k]] if k < len(order) else 1.0
    return round(min(MOST_THRESHOLD, float(confidence[order[k - 1]] + above) / 2), 4)


@dataclass(frozen=True)
class Guard:
    """Knows what the training windows looked like: `centres` (classes, f), `whitening` (f, f), `limits` (classes,).

    A window is known as class c when |(features − centre_c) · whitening|² ≤ limit_c.
    """

    centres: npt.NDArray[np.float64]
    whitening: npt.NDArray[np.float64]
    limits: npt.NDArray[np.float64]

    @classmethod
    def fit(
        cls, train: npt.NDArray[Any], y: IntArray, held_out: npt.NDArray[Any], y_held_out: IntArray, n_classes: int
    ) -> Guard:
        """Fit on raw windows (n, length, channels): the shape on `train`, the limits on people kept apart."""
        known = window_features(train)
        spread = np.zeros((known.shape[1], known.shape[1]))
        centres = np.full((n_classes, known.shape[1]), np.nan)
        for number in range(n_classes):
            rows = known[y == number]
            if len(rows):
                centres[number] = rows.mean(axis=0)
                apart = rows - centres[number]
                spread += apart.T @ apart
        centres[np.isnan(centres)] = 1e6  # a class without a window is unlike everything
        spread /= max(1, len(known))
        shrunk = 0.9 * spread + 0.1 * np.eye(len(spread)) * max(np.trace(spread) / len(spread), 1e-4)
        values, vectors = np.linalg.eigh(shrunk)
        whitening = vectors / np.sqrt(np.maximum(values, 1e-6))
        guard = cls(centres, whitening, np.full(n_classes, np.inf))
        judged, truth = (held_out, y_held_out) if len(held_out) >= MIN_WINDOWS else (train, y)
        distances = guard._distances(window_features(judged), truth)
        general = _limit(distances)
        limits = [
            _limit(own) if len(own := distances[truth == number]) >= MIN_WINDOWS else general
            for number in range(n_classes)
        ]
        return cls(centres, whitening, np.asarray(limits))

    def knows(self, windows: npt.NDArray[Any], classes: IntArray) -> npt.NDArray[np.bool_]:
        """Whether raw windows (n, length, channels) look like the training data of the classes (n,) named for them."""
        return np.asarray(self._distances(window_features(windows), classes) <= self.limits[classes])

    def _distances(self, features: npt.NDArray[np.float64], classes: IntArray) -> npt.NDArray[np.float64]:
        apart = (features - self.centres[classes]) @ self.whitening
        return np.asarray(np.einsum("ij,ij->i", apart, apart))

    def to_json(self) -> dict[str, Any]:
        """Rounded to four digits that count, to stay small."""
        return {
            name: [[_short(value) for value in row] for row in np.atleast_2d(getattr(self, name)).tolist()]
            for name in ("centres", "whitening", "limits")
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Guard:
        """What `to_json` gave. Raises BadValue."""
        try:
            centres, whitening, limits = (
                np.asarray(stored[name], np.float64) for name in ("centres", "whitening", "limits")
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadValue(f"not a guard: {error!r}") from error
        shapes_fit = centres.ndim == 2 and whitening.shape == (centres.shape[1],) * 2
        if not shapes_fit or limits.shape != (1, len(centres)) or not np.isfinite(centres).all():
            raise BadValue("not a guard: its parts do not fit together")
        return cls(centres, whitening, limits[0])


def window_features(windows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n, 2 × channels) of raw windows (n, length, channels): logarithms of each channel's size and speed."""
    x = np.asarray(windows, np.float32)
    size = x.std(axis=1)
    steps = x[:, 1:] - x[:, :-1]
    speed = np.sqrt(np.einsum("ijk,ijk->ik", steps, steps) / max(1, steps.shape[1]))
    both = np.log(np.concatenate([size, speed], axis=1, dtype=np.float64) + _TINY)
    n_channels = x.shape[2]
    if n_channels > MAX_CHANNELS:
        both = np.column_stack([both[:, :n_channels].mean(axis=1), both[:, n_channels:].mean(axis=1)])
    return both


def _limit(distances: npt.NDArray[np.float64]) -> float:
    return float(np.quantile(distances, KEPT)) * SLACK if len(distances) else math.inf


def _short(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else 1e12
