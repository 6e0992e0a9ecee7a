"""When a sensor model should say nothing, fitted on people it has not learned from and on everyday movement."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import MOST_THRESHOLD, NO_CLASS, abstain_threshold
from mlops.ml.contract import FloatArray, Windows
from mlops.ml.sensors.announcing import AGREE
from mlops.ml.sensors.dataset import dataset_guard
from mlops.ml.sensors.everyday.library import everyday_windows, followed_by, of_people

KEPT = 0.85
"""The threshold rises until none of the everyday sessions would be announced as an exercise, as long as this share of
the answers that were right and above Chow's threshold are still given."""
SURE = 0.7
"""Less than this is asked for only where it would cost more right answers than that. (By Chow's costs a calibrated
model names nothing below 0.8; held-out people alone say little about everyday life, of which there is far more.)"""
STEP = 0.01


def abstention_fields(directory: Path, outputs: FloatArray, data: Windows) -> dict[str, Any]:
    """Return `abstain_below` and `guard` for a manifest.

    outputs  (n, classes) for `data`: held-out windows of people and, after them, the windows of the library on which
             abstention is fitted, where the dataset has them
    """
    guard = dataset_guard(directory)
    own = of_people(data.groups)
    assert data.y is not None
    threshold = abstain_threshold(outputs[own], data.y[own], data.labels)
    more = None if own.all() else everyday_windows(directory, "fitted", raw=True)
    if more is not None:
        silent = np.array([label in NO_CLASS for label in data.labels])
        named, confidence = outputs.argmax(axis=1), outputs.max(axis=1)
        right = own & (named == data.y) & ~silent[named] & (confidence >= threshold)
        heard = ~silent[named[~own]] & guard.knows(more.x, named[~own])
        threshold = raised(threshold, confidence[right], named[~own], confidence[~own], heard, more.groups)
    return {"abstain_below": threshold, "guard": guard.to_json()}


def abstention_asked(
    directory: Path, held_out: Windows, ask: Callable[[FloatArray], npt.NDArray[Any]]
) -> dict[str, Any]:
    """The same where a model can be asked: `ask` gives probabilities for prepared windows (n, length, channels)."""
    more = everyday_windows(directory, "fitted")
    data = held_out if more is None else followed_by(held_out, more)
    return abstention_fields(directory, np.asarray(ask(data.x), np.float32), data)


def raised(
    threshold: float,
    right: npt.NDArray[Any],
    named: npt.NDArray[Any],
    confidence: npt.NDArray[Any],
    heard: npt.NDArray[np.bool_],
    sessions: npt.NDArray[Any],
) -> float:
    """The least confidence from `threshold` and `SURE` on with which no session has an announcement, within `KEPT`.

    right      confidence of people's windows that are named rightly
    named, confidence, heard, sessions  of each window of everyday movement in order: its class, how sure, whether that
               class would be said, and whose session it is
    """
    most = min(MOST_THRESHOLD, float(np.quantile(right, 1 - KEPT)) if len(right) else threshold)
    found = max(threshold, min(SURE, most))
    while found < most and _announced(named, heard & (confidence >= found), sessions):
        found = min(most, found + STEP)
    return min(MOST_THRESHOLD, math.ceil(found * 10_000) / 10_000)


def _announced(named: npt.NDArray[Any], said: npt.NDArray[np.bool_], sessions: npt.NDArray[Any]) -> bool:
    """Whether some session says one class so often in a row that it is announced."""
    if len(named) < AGREE:
        return False
    same = said.copy()[AGREE - 1 :]
    for back in range(1, AGREE):
        end = len(named) - back
        begin = AGREE - 1 - back
        same &= (
            said[begin:end] & (named[begin:end] == named[AGREE - 1 :]) & (sessions[begin:end] == sessions[AGREE - 1 :])
        )
    return bool(same.any())
