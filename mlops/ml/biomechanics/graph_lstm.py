"""A graph-LSTM of landmarks: how the joints hang together, then how they move.

Two graph convolutions over the 33 landmarks (Kipf & Welling 2017, each joint kept beside the mean of its neighbours),
two LSTM layers over time (Hochreiter & Schmidhuber 1997), four heads. Beside them a short way to the heads: how far the
joints go (least, largest, mean), which the depth of a squat hangs on directly.

>>> from mlops.ml.biomechanics import GNNLSTM, prepared
>>> model = GNNLSTM.load("mlops/champions/form/gnn_lstm")                              # doctest: +SKIP
>>> model.predict([prepared(landmarks, times, aspect=9 / 16)])[0]                      # doctest: +SKIP
{'form_score': 81.2, 'joint_angles': {'left_knee_angle': 63.0, …}, 'exercise': 'squat', …}
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from mlops.ml.bases.items import padded
from mlops.ml.biomechanics.generator.faults import EXERCISES
from mlops.ml.biomechanics.geometry import ANGLES, BONES, INDEX
from mlops.ml.biomechanics.preparing import MIRROR, SWAPPED
from mlops.ml.contract import BadArtifact

WEIGHTS_FILE = "gnn_lstm_best.safetensors"
N_JOINTS, GRAPH_WIDTH, LSTM_WIDTH, JOINT_WIDTH, N_FEATURES = 33, 64, 128, 16, 11
SHOULDERS, HIPS, KNEES, ANKLES = (
    [INDEX[f"{side}_{name}"] for side in ("left", "right")] for name in ("shoulder", "hip", "knee", "ankle")
)  # fmt: skip
BENDS = [
    tuple(INDEX[f"{side}_{name}"] for name in names)
    for side in ("left", "right")
    for names in (("shoulder", "elbow", "wrist"), ("hip", "shoulder", "elbow"), ("shoulder", "hip", "knee"),
                  ("hip", "knee", "ankle"), ("knee", "ankle", "foot_index"))
]  # fmt: skip
MAIN = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in (
    "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index", "ear")] + [INDEX["nose"]]  # fmt: skip
N_POSTURE = 3 * (len(MAIN) + 1) + 2 * len(BENDS)
N_RANGE = 6 * N_POSTURE + 1
WHOLE_SHARE = 0.25
"""While it learns, so many batches go through graph and LSTM; the others only past them (stochastic depth, Huang et al.
2016): four times as fast, and no part may lean on the other."""
HEAD_SIZES = {"form_score": 1, "joint_angles": len(ANGLES), "exercise": len(EXERCISES), "risk": 1}


def adjacency() -> Tensor:
    """(33, 33) mean over each joint and its neighbours."""
    found = torch.eye(N_JOINTS)
    for a, b in BONES:
        found[INDEX[a], INDEX[b]] = found[INDEX[b], INDEX[a]] = 1.0
    return found / found.sum(dim=1, keepdim=True)


class GraphConvolution(nn.Module):
    """(…, joints, in) → (…, joints, out): the mean of each joint and its neighbours, and the joint itself."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.around = nn.Linear(n_in, n_out)
        self.own = nn.Identity() if n_in == n_out else nn.Linear(n_in, n_out, bias=False)
        self.register_buffer("adjacency", adjacency(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        near = torch.matmul(self.get_buffer("adjacency"), x)
        return torch.relu(self.around(near) + self.own(x))


class GNNLSTM(nn.Module):
    """(batch, frames, 33, 3) as `prepared` makes them, mask (batch, frames) → heads by name.

    `forward` gives what the losses take: numbers in standard deviations of the training truth, logits of the exercise.
    Outside training a repetition and its mirror image are both looked at, so that left and right count the same.
    `predict` gives points, degrees and names. `centre` and `spread` (8,) are those of form score, angles and risk.
    """

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.first, self.second = GraphConvolution(N_FEATURES, GRAPH_WIDTH), GraphConvolution(GRAPH_WIDTH, GRAPH_WIDTH)
        self.joint = nn.Linear(GRAPH_WIDTH, JOINT_WIDTH)
        self.frame = nn.Linear(N_JOINTS * JOINT_WIDTH, LSTM_WIDTH)
        self.norm = nn.LayerNorm(LSTM_WIDTH)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(LSTM_WIDTH, LSTM_WIDTH, num_layers=2, batch_first=True, dropout=dropout)
        self.range = nn.Sequential(
            nn.BatchNorm1d(N_RANGE), nn.Dropout(dropout), nn.Linear(N_RANGE, LSTM_WIDTH), nn.ReLU(), nn.Dropout(dropout)
        )
        self.heads = nn.ModuleDict({name: _head(4 * LSTM_WIDTH, size) for name, size in HEAD_SIZES.items()})
        self.register_buffer("centre", torch.zeros(2 + len(ANGLES)))
        self.register_buffer("spread", torch.ones(2 + len(ANGLES)))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> dict[str, Tensor]:
        mask = torch.ones_like(x[:, :, 0, 0], dtype=torch.bool) if mask is None else mask
        there = mask.to(x.dtype)[:, :, None]
        x = torch.where(there[..., None] > 0, x, x[:, :1])  # after the end stands a body too: no bone without length
        if self.training:
            return self._heads(_shaken(x), there)
        seen, mirrored = self._heads(x, there), self._heads(x[:, :, MIRROR] * x.new_tensor([-1.0, 1.0, 1.0]), there)
        mirrored["joint_angles"] = mirrored["joint_angles"][:, SWAPPED]
        return {name: (value + mirrored[name]) / 2 for name, value in seen.items()}

    def _heads(self, x: Tensor, there: Tensor) -> dict[str, Tensor]:
        short = self.range(_range_of(x, there))
        if self.training and torch.rand(()) > WHOLE_SHARE:
            whole = torch.cat([short, short.new_zeros(len(short), 3 * LSTM_WIDTH)], dim=1)
        else:
            whole = torch.cat([short, self._moved(x, there)], dim=1)
        return {name: head(whole) for name, head in self.heads.items()}

    def _moved(self, x: Tensor, there: Tensor) -> Tensor:
        """(batch, 3 · 128) what the graph and the LSTM make of a repetition: mean, largest and last state."""
        joints = self.joint(self.second(self.first(_features(x, there))))
        frames = joints.flatten(2)
        frames = self.dropout(torch.relu(self.norm(self.frame(frames))))
        moved, _ = self.lstm(frames)
        mean = (moved * there).sum(dim=1) / there.sum(dim=1)
        largest = torch.where(there > 0, moved, torch.full_like(moved, -2.0)).amax(dim=1)
        last = (moved * (there - torch.cat([there[:, 1:], torch.zeros_like(there[:, :1])], dim=1))).sum(dim=1)
        return torch.cat([mean, largest, last], dim=1)

    def predict(self, repetitions: Sequence[npt.NDArray[np.float32]]) -> list[dict[str, Any]]:
        """What is said of each repetition, as `prepared` makes them."""
        x, mask = padded(list(repetitions))
        with torch.no_grad():
            found = self.eval()(torch.from_numpy(x), torch.from_numpy(mask))
        numbers = torch.cat([found["form_score"], found["joint_angles"], found["risk"]], dim=1)
        numbers = numbers * self.get_buffer("spread") + self.get_buffer("centre")
        shares = torch.softmax(found["exercise"], dim=1)
        return [
            {
                "form_score": float(np.clip(row[0], 0, 100)),
                "joint_angles": dict(zip(ANGLES, row[1:-1], strict=True)),
                "exercise": EXERCISES[int(np.argmax(share))],
                "probabilities": dict(zip(EXERCISES, share, strict=True)),
                "risk": float(np.clip(row[-1], 0, 100)),
            }
            for row, share in zip(numbers.tolist(), shares.tolist(), strict=True)
        ]

    @classmethod
    def load(cls, path: str | Path) -> GNNLSTM:
        """Read gnn_lstm_best.safetensors, or the folder it lies in. Raises BadArtifact."""
        path = Path(path)
        model = cls()
        try:
            model.load_state_dict(load_file(path / WEIGHTS_FILE if path.is_dir() else path))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights cannot be read: {error}") from error
        return model.eval()


def _head(n_in: int, size: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_in, GRAPH_WIDTH), nn.ReLU(), nn.Linear(GRAPH_WIDTH, size))


def _features(x: Tensor, there: Tensor) -> Tensor:
    """(batch, frames, 33, 11): places against the mean of the hips over the repetition, against the hips of the frame,
    and steps from frame to frame, in body lengths, so that neither distance nor place in the picture matters; and how
    straight each joint is, with depth and without."""
    middle, size = _frame_of_reference(x, there)
    hips = x[:, :, HIPS].mean(dim=2, keepdim=True)
    speed = torch.cat([torch.zeros_like(x[:, :1]), x[:, 1:] - x[:, :-1]], dim=1)
    bends = torch.stack([_bend(x), _bend(x[..., :2])], dim=-1)
    placed = torch.matmul(_places(x), bends)
    return torch.cat([(x - middle) / size, (x - hips) / size, speed * 4 / size, placed], dim=3) * there[..., None]


def _places(x: Tensor) -> Tensor:
    """(33, bends) one where a bend belongs to a joint."""
    found = torch.zeros(N_JOINTS, len(BENDS), dtype=x.dtype, device=x.device)
    for number, (_, joint, _) in enumerate(BENDS):
        found[joint, number] = 1.0
    return found


def _bend(x: Tensor) -> Tensor:
    """(batch, frames, bends) the cosine of the angle at each joint of `BENDS`."""
    first, joint, last = (x[:, :, [one[i] for one in BENDS]] for i in range(3))
    a, b = first - joint, last - joint
    return (a * b).sum(dim=-1) / (_length(a) * _length(b)).clamp(min=1e-6)


def _range_of(x: Tensor, there: Tensor) -> Tensor:
    """(batch, N_RANGE) how far a repetition goes: least, largest and mean of what `_posture` says, its fastest steps,
    where it begins, and how long it lasts."""
    posture = _posture(x, there)
    mean = (posture * there).sum(dim=1) / there.sum(dim=1)
    ends = [*_ends(posture, there), *_ends(posture[:, 1:] - posture[:, :-1], there[:, 1:])]
    return torch.cat([*ends, mean, posture[:, :2].mean(dim=1), there.sum(dim=1) / 20], dim=1)


def _ends(values: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the largest over time, of what is there."""
    far = torch.full_like(values, 9.0)
    return torch.where(there > 0, values, far).amin(dim=1), torch.where(there > 0, values, -far).amax(dim=1)


def _posture(x: Tensor, there: Tensor) -> Tensor:
    """(batch, frames, N_POSTURE) `MAIN` from the hips, the hips from their mean, and how straight joints are."""
    middle, size = _frame_of_reference(x, there)
    hips = x[:, :, HIPS].mean(dim=2, keepdim=True)
    places = torch.cat([((x - hips) / size)[:, :, MAIN], (hips - middle) / size], dim=2).flatten(2)
    return torch.cat([places, _bend(x), _bend(x[..., :2])], dim=2)


def _frame_of_reference(x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """(batch, 1, 1, 3) the mean of the hips over a repetition, and (batch, 1, 1, 1) the length of the body."""
    weight = there[:, :, :, None]
    n = weight.sum(dim=1, keepdim=True)
    middle = (x[:, :, HIPS].mean(dim=2, keepdim=True) * weight).sum(dim=1, keepdim=True) / n
    lengths = _length(x[:, :, SHOULDERS] - x[:, :, HIPS]) + _length(x[:, :, HIPS] - x[:, :, KNEES])
    lengths = lengths + _length(x[:, :, KNEES] - x[:, :, ANKLES])
    size = ((lengths.mean(dim=2)[:, :, None, None] * weight).sum(dim=1, keepdim=True) / n).clamp(min=1e-4)
    return middle, size


def _length(vector: Tensor) -> Tensor:
    return (vector.square().sum(dim=-1) + 1e-12).sqrt()


def _shaken(x: Tensor) -> Tensor:
    """While it learns: every repetition a little turned in the picture, deeper or flatter, and its joints displaced."""
    n = x.shape[0]
    turn = 0.05 * torch.randn(n, 1, 1, device=x.device)
    depth = 1 + 0.15 * torch.randn(n, 1, 1, device=x.device)
    a, b, c = x[..., 0], x[..., 1], x[..., 2]
    x = torch.stack([a * turn.cos() - b * turn.sin(), a * turn.sin() + b * turn.cos(), c * depth], dim=-1)
    return x + 0.003 * torch.randn(n, 1, x.shape[2], 3, device=x.device)
