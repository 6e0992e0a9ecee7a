"""A linear head that learns what is new without solving for all that it knew.

Ridge regression minimises ‖AW − T‖² + α‖W‖² (features A, targets T). Where W solves it for the old rows, the minimum
for old and new rows lies at W + Δ with

    (AᵀA of the old rows + AᵀA of the new rows + α) Δ = Aᵀ(T − AW) of the new rows,

which is recursive least squares (Plackett 1950): the old rows are needed for how sure they are, not for their labels.
AᵀA of the old rows comes from a replay of some of them, each weighted for those that it stands for. With all of them
the result is exactly that of solving for everything at once, with the scales and strength of before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from mlops.ml.contract import BadArtifact, IntArray

FILE = "ridge.safetensors"


@dataclass(frozen=True)
class RidgeMemory:
    """How features were made comparable, (n_features,) each, and what the head was solved with."""

    centre: Tensor
    scale: Tensor
    strength: float
    temperature: float

    def save(self, directory: Path, name: str = FILE) -> None:
        """Write it as one file."""
        numbers = torch.tensor([self.strength, self.temperature], dtype=torch.float64)
        kept = {"centre": self.centre.contiguous(), "scale": self.scale.contiguous(), "solution": numbers}
        save_file(kept, directory / name)

    @classmethod
    def load(cls, directory: Path, n_features: int, name: str = FILE) -> RidgeMemory | None:
        """Read it; None for models of older versions, which wrote none. Raises BadArtifact."""
        path = directory / name
        if not path.is_file():
            return None
        try:
            kept = load_file(path)
            strength, temperature = kept["solution"].tolist()
            memory = cls(kept["centre"], kept["scale"], float(strength), float(temperature))
        except (SafetensorError, KeyError, ValueError) as error:
            raise BadArtifact(f"{name} cannot be read: {error}") from error
        if memory.centre.shape != (n_features,) or memory.scale.shape != (n_features,):
            raise BadArtifact(f"{name} was made for other features")
        return memory


def updated_head(
    weight: Tensor, bias: Tensor, memory: RidgeMemory, new: Tensor, y: IntArray, old: Tensor, each: float
) -> tuple[Tensor, Tensor]:
    """(weight (classes, features), bias (classes,)) of a linear layer on raw features, after the rows `new`.

    y     (n,) label numbers of the new rows
    old   a replay of the old rows, of which each stands for `each`
    """
    scale, t = memory.scale.double(), memory.temperature

    def comparable(features: Tensor) -> Tensor:
        rows = (features.double() - memory.centre.double()) * scale
        return torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], dim=1)  # the bias is a feature, too

    targets = torch.full((len(new), len(bias)), -1.0, dtype=torch.float64)
    targets[torch.arange(len(new)), torch.from_numpy(y)] = 1.0
    fresh = comparable(new)
    residual = targets - t * (new.double() @ weight.double().T + bias.double())
    rows = torch.cat([fresh, comparable(old) * each**0.5])
    penalty = torch.full((rows.shape[1],), memory.strength, dtype=torch.float64)
    penalty[-1] = 1e-6  # the bias is free
    wanted = torch.cat([residual, torch.zeros(len(old), residual.shape[1], dtype=torch.float64)])
    if len(rows) >= rows.shape[1]:
        step = torch.linalg.solve(rows.T @ rows + torch.diag(penalty), rows.T @ wanted)
    else:  # fewer rows than features: the same by way of the rows
        wide = rows / penalty
        step = wide.T @ torch.linalg.solve(wide @ rows.T + torch.eye(len(rows), dtype=torch.float64), wanted)
    moved = step[:-1] * scale[:, None] / t
    new_bias = bias.double() + step[-1] / t - memory.centre.double() @ moved
    return (weight.double() + moved.T).float(), new_bias.float()
