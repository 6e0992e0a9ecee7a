"""A linear classifier with calibrated probabilities, fitted in closed form and judged on unseen subjects.

Ridge regression on ±1 targets (Hoerl & Kennard 1970), W = (AᵀA + αI)⁻¹ AᵀT, with probabilities
softmax(scores / temperature) (Guo et al. 2017). The strength α and the temperature are chosen together, by
the log loss on windows of subjects that took no part in the solution, because neighbouring windows of one
person overlap and would flatter a weak α. α is the ratio of noise to prior variance and so means the same for
a fold and for the whole set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlops.ml.contract import IntArray
from mlops.ml.metrics import log_loss

STRENGTHS = tuple(float(10 ** (k / 2)) for k in range(-6, 9))
"""Tried values of α: half decades from 0.001 to 10,000, for features whose variances sum to a few ones."""
MAX_FOLDS = 4
DOUBT = 0.01
"""Share of every held-out label that is spread over all classes, so that no model is judged surer than 99 %."""
_TEMPERATURES = np.geomspace(0.02, 5.0, 60)


@dataclass(frozen=True)
class RidgeSolution:
    """Logits = features @ weight + bias, already divided by the temperature.

    weight (n_features, n_classes), bias (n_classes,); one `curve` row per tried strength with the held-out
    log loss and accuracy; `chosen` is the position of the one that was taken; `unseen` (rows, n_classes) its
    logits for every held-out row.
    """

    weight: Tensor
    bias: Tensor
    strength: float
    temperature: float
    curve: list[dict[str, float]]
    chosen: int
    unseen: npt.NDArray[np.float64]


def fit_ridge(
    features: Tensor,
    y: IntArray,
    n_classes: int,
    groups: npt.NDArray[Any],
    *,
    held_out: tuple[Tensor, IntArray] | None = None,
    among: IntArray | None = None,
    on_fold: Callable[[int, int], None],
) -> RidgeSolution:
    """Fit on (n, n_features) features with label numbers `y` and the subject of each row.

    Strength and temperature come from `held_out` (features, labels) when given, else from folds that
    keep subjects together; a single subject is cut into blocks of time. `on_fold(done, total)` may raise.

    among  the only classes to tell apart, which are then all that the solution knows: rows of others are not
           learned from and judge nothing, but are in `unseen`
    """
    features = features.double()
    classes = np.arange(n_classes) if among is None else np.asarray(among, np.int64)
    learned = torch.from_numpy(np.isin(y, classes))
    targets = torch.full((len(features), n_classes), -1.0, dtype=torch.float64)
    targets[torch.arange(len(features)), torch.from_numpy(y)] = 1.0
    targets = targets[:, torch.from_numpy(classes)]
    folds = [] if held_out is not None else [out for out in _folds(groups) if (learned & ~out).any()]
    total = len(folds) + 1
    path: _Path | None = None

    def whole() -> _Path:
        return _Path(features, targets) if learned.all() else _Path(features[learned], targets[learned])

    if held_out is None:
        scores = np.zeros((len(STRENGTHS), len(features), len(classes)))
        for done, out in enumerate(folds):
            part = _Path(features[~out & learned], targets[~out & learned])
            for i, strength in enumerate(STRENGTHS):
                scores[i, out.numpy()] = part.scores(features[out], strength).numpy()
            on_fold(done + 1, total)
        truth = y
    else:
        path, truth = whole(), held_out[1]
        unseen = held_out[0].double()
        scores = np.stack([path.scores(unseen, strength).numpy() for strength in STRENGTHS])
    judged = np.isin(truth, classes)
    number = np.searchsorted(classes, truth[judged])
    curve, temperatures = [], []
    for i, strength in enumerate(STRENGTHS):
        temperature, loss = fit_temperature(scores[i][judged], number)
        accuracy = float((scores[i][judged].argmax(1) == number).mean())
        temperatures.append(temperature)
        curve.append({"epoch": i + 1.0, "strength": strength, "val_loss": loss, "val_accuracy": accuracy})
    chosen = int(np.argmin([row["val_loss"] for row in curve]))
    path = path or whole()
    weight, bias = path.solve(STRENGTHS[chosen])
    on_fold(total, total)
    t = temperatures[chosen]
    return RidgeSolution(weight / t, bias / t, STRENGTHS[chosen], t, curve, chosen, scores[chosen] / t)


def fit_temperature(scores: npt.NDArray[Any], y: IntArray) -> tuple[float, float]:
    """Return the temperature whose softmax(scores / temperature) has the least soft log loss, and that loss."""
    losses = [soft_log_loss(y, softmax(scores / t)) for t in _TEMPERATURES]
    best = int(np.argmin(losses))
    return float(_TEMPERATURES[best]), losses[best]


def soft_log_loss(y: IntArray, proba: npt.NDArray[Any]) -> float:
    """Return the log loss against labels softened by `DOUBT`."""
    everything = float(-np.log(np.clip(proba, 1e-12, None)).mean())
    return (1 - DOUBT) * log_loss(y, proba) + DOUBT * everything


def softmax(scores: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return probabilities of (n, classes) scores, safe against overflow."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result


class _Path:
    """The ridge solutions of one training set for every strength, from one eigendecomposition.

    It works on whichever is smaller, AᵀA (features) or AAᵀ (rows): W = V (Λ + α)⁻¹ Vᵀ AᵀT in the first
    form and Aᵀ V (Λ + α)⁻¹ Vᵀ T in the second.
    """

    def __init__(self, features: Tensor, targets: Tensor) -> None:
        self.centre, self.mean_target = features.mean(0), targets.mean(0)
        centred, wanted = features - self.centre, targets - self.mean_target
        if features.shape[1] <= len(features):
            values, self.basis = torch.linalg.eigh(centred.T @ centred)
            self.rotated = self.basis.T @ (centred.T @ wanted)
        else:
            values, vectors = torch.linalg.eigh(centred @ centred.T)
            self.basis, self.rotated = centred.T @ vectors, vectors.T @ wanted
        self.values = values.clamp(min=0.0)

    def solve(self, strength: float) -> tuple[Tensor, Tensor]:
        weight = self.basis @ (self.rotated / (self.values + strength)[:, None])
        return weight, self.mean_target - self.centre @ weight

    def scores(self, features: Tensor, strength: float) -> Tensor:
        weight, bias = self.solve(strength)
        return features @ weight + bias


def _folds(groups: npt.NDArray[Any]) -> Iterator[Tensor]:
    """Yield boolean masks of held-out rows: subjects kept together, or blocks of a single subject."""
    subjects = np.unique(groups)
    if len(subjects) > 1:
        for part in range(min(len(subjects), MAX_FOLDS)):
            yield torch.from_numpy(np.isin(groups, subjects[part::MAX_FOLDS]))
        return
    block = np.arange(len(groups)) * 4 * MAX_FOLDS // max(len(groups), 1)
    for part in range(MAX_FOLDS):
        yield torch.from_numpy(block % MAX_FOLDS == part)
