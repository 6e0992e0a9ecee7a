"""What the network should say of a scene: a hill of 1 at the middle of each thing, and its box around there.

The loss of a class is the focal loss of CenterNet (Zhou et al. 2019, equation 1); that of a box is 1 − its generalised
overlap (Rezatofighi et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from mlops.ml.vision.own_detector.network import STRIDE

Floats = npt.NDArray[np.float32]
INNER = 0.35
"""Cells whose hill is at least so high learn the box."""
BOX_WEIGHT = 2.0


def targets_of(boxes: Sequence[Floats], n_classes: int, side: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hills (n, classes, cells, cells), edges (n, 4, cells, cells) in cells from the cell's middle, and their weights.

    boxes  of each picture (things, 5): class, left, top, right, bottom in pixels
    """
    cells = side // STRIDE
    hills = np.zeros((len(boxes), n_classes, cells, cells), np.float32)
    edges = np.zeros((len(boxes), 4, cells, cells), np.float32)
    weights = np.zeros((len(boxes), cells, cells), np.float32)
    at = np.arange(cells, dtype=np.float32) + 0.5
    for number, here in enumerate(boxes):
        order = np.argsort(-(here[:, 3] - here[:, 1]) * (here[:, 4] - here[:, 2]), kind="stable")
        for kind, *box in here[order]:  # the smaller thing has the cell where two meet
            left, top, right, bottom = (one / STRIDE for one in box)
            x, y = (left + right) / 2, (top + bottom) / 2
            wide, high = max(0.7, (right - left) / 6), max(0.7, (bottom - top) / 6)
            hill = np.exp(-((at[None, :] - x) ** 2) / (2 * wide**2) - (at[:, None] - y) ** 2 / (2 * high**2))
            column, row = (int(np.clip(one, 0, cells - 1)) for one in (x, y))
            hill[row, column] = 1.0
            hills[number, int(kind)] = np.maximum(hills[number, int(kind)], hill)
            inner = hill >= INNER
            whole = np.broadcast_to(at, (cells, cells))
            for place, values in enumerate((whole - left, whole.T - top, right - whole, bottom - whole.T)):
                edges[number, place][inner] = np.maximum(values, 0.01)[inner]
            weights[number][inner] = hill[inner] / inner.sum()
    return torch.from_numpy(hills), torch.from_numpy(edges), torch.from_numpy(weights)


def loss_of(
    answer: torch.Tensor, hills: torch.Tensor, edges: torch.Tensor, weights: torch.Tensor, n_classes: int
) -> torch.Tensor:
    """How far an answer of the network is off, a thing."""
    logits, sizes = answer[:, :n_classes].float(), functional.softplus(answer[:, n_classes:].float())
    p, top = logits.sigmoid(), hills > 0.999
    right = (1 - p) ** 2 * functional.logsigmoid(logits)
    wrong = (1 - hills) ** 4 * p**2 * functional.logsigmoid(-logits)
    n = top.sum().clamp(min=1)
    classes = -torch.where(top, right, wrong).sum() / n
    boxes = (weights * (1 - _overlap(sizes, edges))).sum() / weights.sum().clamp(min=1e-6)
    return classes + BOX_WEIGHT * boxes


def _overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Generalised overlap of boxes given by the distances of their edges from one point, (n, 4, …)."""
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    common = (low[:, 0] + low[:, 2]) * (low[:, 1] + low[:, 3])
    around = (high[:, 0] + high[:, 2]) * (high[:, 1] + high[:, 3])
    both = (a[:, 0] + a[:, 2]) * (a[:, 1] + a[:, 3]) + (b[:, 0] + b[:, 2]) * (b[:, 1] + b[:, 3]) - common
    return common / both.clamp(min=1e-6) - (around - both) / around.clamp(min=1e-6)
