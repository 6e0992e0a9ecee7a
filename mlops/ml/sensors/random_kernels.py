"""Random convolution kernels with a linear head: trained in seconds, exact, small, and hard to beat.

After MiniRocket (Dempster, Schmidt & Webb 2021, arXiv:2012.08791): the 84 kernels of length 9 with three weights of
2 and six of −1, dilated, each looking at a random set of channels; a feature is the share of the window in which a
kernel's answer lies above a bias taken from training windows. MultiRocket (Tan et al. 2022, arXiv:2102.00457) adds
pooling statistics; here level, minimum, maximum, log spread and log change stand beside the kernels.

Three things differ, all so that a person never seen is still recognised. There is no padding: the kernels sum to
zero and must not see posture through the step at a padded edge, where it turns into something that only fits the
people in training. Biases are quantiles over many windows together, because a bias out of one window at rest would
describe the noise of that device. And each family of features gets the same total variance, so that thousands of
kernel features do not drown twelve levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlops.ml.contract import (
    BadArtifact,
    BadShape,
    Estimator,
    FloatArray,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    option,
)
from mlops.ml.ridge import RidgeSolution, fit_ridge
from mlops.ml.torch_loop import WEIGHTS_FILE, torch_threads, write_onnx

N_KERNELS = 84
KERNEL_LENGTH = 9
RAMP = 0.01
"""Width of the step in "share above": answers within noise of the bias count in part, on every engine alike."""
SPREAD_FLOOR = 0.01
"""Added to a spread before its logarithm; about the noise of a sensor at rest in normalised units."""
_BATCH = 128


@dataclass(frozen=True)
class RandomKernelsConfig:
    """How many features are made and how many windows are used."""

    n_dilations: int = option(8, "Different time scales of the kernels, at most", min=1, max=16)
    n_biases: int = option(9, "Features per kernel and time scale", min=1, max=16)
    max_windows: int = option(20_000, "Training windows used; larger sets are thinned at random", min=100, max=100_000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


class KernelFeatures(nn.Module):
    """(batch, time, channels) → (batch, n_features); nothing in it is learnt but the biases.

    weights (dilations, 84, channels, 9) are zero for the channels that a kernel does not look at;
    biases (dilations, 84, n_biases); spacing (dilations,) keeps the distances beside the weights made for them.
    """

    spacing: Tensor
    weights: Tensor
    biases: Tensor

    def __init__(self, window_shape: tuple[int, int], config: RandomKernelsConfig) -> None:
        super().__init__()
        length, channels = window_shape
        self.dilations = dilations_for(length, config.n_dilations)
        n = len(self.dilations)
        self.n_biases = config.n_biases
        self.register_buffer("spacing", torch.tensor(self.dilations))
        self.register_buffer("weights", torch.zeros(n, N_KERNELS, channels, KERNEL_LENGTH))
        self.register_buffer("biases", torch.zeros(n, N_KERNELS, config.n_biases))
        self.family_sizes = (n * N_KERNELS * config.n_biases, *[channels] * 5)

    @property
    def n_features(self) -> int:
        return sum(self.family_sizes)

    def answers(self, x: Tensor, stage: int) -> Tensor:
        """Return the (batch, 84, time − 8·dilation) answers at one dilation; x is (batch, channels, time)."""
        return torch.conv1d(x, self.weights[stage], dilation=self.dilations[stage])

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        families = []
        for stage in range(len(self.dilations)):
            answers = self.answers(x, stage) / RAMP + 0.5
            for j in range(self.n_biases):
                above = answers - self.biases[stage, :, j, None] / RAMP
                families.append(above.clamp(0.0, 1.0).mean(dim=2))
        level = x.mean(dim=2)
        spread = (x - level[:, :, None]).square().mean(dim=2)
        change = (x[:, :, 1:] - x[:, :, :-1]).square().mean(dim=2)
        families += [level, x.amin(dim=2), x.amax(dim=2)]
        families += [torch.log(spread + SPREAD_FLOOR**2), torch.log(change + SPREAD_FLOOR**2)]
        return torch.cat(families, dim=1)

    def draw(self, x: FloatArray, rng: np.random.Generator) -> None:
        """Choose channels at random and biases as quantiles of the kernels' answers on training windows."""
        channels = x.shape[2]
        patterns = _patterns()
        quantiles = np.arange(1, self.n_biases + 1) / (self.n_biases + 1)
        for stage in range(len(self.dilations)):
            mask = np.zeros((N_KERNELS, channels), np.float32)
            for kernel in range(N_KERNELS):
                most = min(channels, KERNEL_LENGTH)
                n_seen = min(int(2 ** rng.uniform(0, np.log2(most + 1))), most)
                mask[kernel, rng.choice(channels, n_seen, replace=False)] = n_seen**-0.5
            self.weights[stage] = torch.from_numpy(patterns[:, None, :] * mask[:, :, None])
            some = x[rng.choice(len(x), min(len(x), 64), replace=False)]
            answers = self.answers(torch.from_numpy(some).transpose(1, 2), stage)
            pooled = answers.transpose(0, 1).reshape(N_KERNELS, -1).numpy()
            self.biases[stage] = torch.from_numpy(np.quantile(pooled, quantiles, axis=1).T)


class RandomKernelsNetwork(nn.Module):
    """Features and the linear head: (batch, time, channels) → (batch, classes) logits."""

    features: KernelFeatures
    head: nn.Linear

    def __init__(self, window_shape: tuple[int, int], n_classes: int, config: RandomKernelsConfig) -> None:
        super().__init__()
        self.features = KernelFeatures(window_shape, config)
        self.head = nn.Linear(self.features.n_features, n_classes)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits


class RandomKernels(Estimator):
    """The recommended estimator: closed-form training, calibrated on subjects it did not learn from."""

    name: ClassVar[str] = "random_kernels"
    title: ClassVar[str] = "Random convolution kernels"
    summary: ClassVar[str] = "Fixed kernels and a linear head. Trains in seconds and needs few people. Start here."
    Config: ClassVar[type] = RandomKernelsConfig

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self.network: RandomKernelsNetwork | None = None

    def _fit(
        self, train: Windows, validation: Windows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        self.network = None
        rng = np.random.default_rng(seed)
        if len(train) > self.config.max_windows:
            train = train.take(np.sort(rng.choice(len(train), self.config.max_windows, replace=False)))
        y = np.asarray(train.y, np.int64)
        x = np.ascontiguousarray(train.x, dtype=np.float32)
        n_batches = -(-len(x) // _BATCH) + (-(-len(validation) // _BATCH) if validation is not None else 0)
        solving = n_batches // 4 + 1  # the share of the bar for the head
        total = n_batches + solving
        with torch.no_grad(), torch_threads(self.config.threads):
            network = RandomKernelsNetwork((x.shape[1], x.shape[2]), len(train.labels), self.config)
            network.features.draw(x, rng)
            features = _features_of(network.features, x, lambda done: on_step(done, total))
            centre, scale = _family_scale(features, network.features.family_sizes)
            held_out = None
            if validation is not None:
                n_done = -(-len(x) // _BATCH)
                unseen = _features_of(network.features, validation.x, lambda done: on_step(n_done + done, total))
                held_out = ((unseen - centre) * scale, np.asarray(validation.y, np.int64))
            features.sub_(centre).mul_(scale)
            solution = fit_ridge(
                features,
                y,
                len(train.labels),
                train.groups,
                held_out=held_out,
                on_fold=lambda done, folds: on_step(n_batches + solving * done // folds, total),
            )
            _set_head(network.head, solution, centre, scale)
            guessed = (features.double() @ solution.weight + solution.bias).argmax(1).numpy()
        for row in solution.curve:
            on_epoch(row)
        self.network = network.eval()
        best = solution.curve[solution.chosen]
        metrics = {
            "train_accuracy": float((guessed == y).mean()),
            "val_accuracy": best["val_accuracy"],
            "val_loss": best["val_loss"],
            "strength": solution.strength,
            "temperature": solution.temperature,
        }
        n_learnt = network.head.weight.numel() + network.head.bias.numel() + network.features.biases.numel()
        return TrainingReport(metrics, solution.curve, n_parameters=n_learnt)

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        network = self._network()
        with torch.no_grad(), torch_threads(self.config.threads):
            parts = torch.from_numpy(np.array(x, np.float32)).split(_BATCH)
            return torch.cat([torch.softmax(network(part), dim=1) for part in parts]).numpy()

    def _save(self, directory: Path) -> None:
        save_file(self._network().state_dict(), directory / WEIGHTS_FILE)

    def _load(self, directory: Path, window_shape: tuple[int, int]) -> None:
        network = RandomKernelsNetwork(window_shape, len(self.labels), self.config)
        try:
            network.load_state_dict(load_file(directory / WEIGHTS_FILE))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        if network.features.spacing.tolist() != network.features.dilations:
            raise BadArtifact(f"the saved {self.name} was made for other kernel distances")
        self.network = network.eval()

    def _export_onnx(self, path: Path, window_shape: tuple[int, int]) -> None:
        write_onnx(nn.Sequential(self._network(), nn.Softmax(dim=1)), path, window_shape)

    def _network(self) -> RandomKernelsNetwork:
        if self.network is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.network


def dilations_for(length: int, n_dilations: int) -> list[int]:
    """Return up to `n_dilations` distances, spaced by ratio; the widest kernel spans half the window.

    Raises BadShape for windows shorter than a kernel.
    """
    if length < KERNEL_LENGTH:
        raise BadShape(f"random kernels need windows of at least {KERNEL_LENGTH} samples, not {length}")
    largest = max(1, (length - 1) // (2 * (KERNEL_LENGTH - 1)))
    return sorted({int(d) for d in np.geomspace(1, largest, n_dilations)})


def _patterns() -> FloatArray:
    """Return all (84, 9) kernels: −1 everywhere, 2 at three places, of unit length."""
    patterns = np.full((N_KERNELS, KERNEL_LENGTH), -1.0, np.float32)
    for i, places in enumerate(combinations(range(KERNEL_LENGTH), 3)):
        patterns[i, list(places)] = 2.0
    return patterns / np.sqrt(18.0).astype(np.float32)


def _features_of(features: KernelFeatures, x: FloatArray, on_batch: Any) -> Tensor:
    """Return (n, n_features), reporting each finished batch."""
    out = torch.empty(len(x), features.n_features)
    for done, at in enumerate(range(0, len(x), _BATCH)):
        out[at : at + _BATCH] = features(torch.from_numpy(np.array(x[at : at + _BATCH], np.float32)))
        on_batch(done + 1)
    return out


def _family_scale(features: Tensor, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return (centre, factor) that give each family the total variance 1; constant features get factor 0."""
    centre, spread = features.mean(0), features.std(0, correction=0)
    size = torch.cat([torch.full((n,), float(n)) for n in sizes])
    factor = torch.where(spread > 1e-5, 1.0 / (spread.clamp(min=1e-5) * size.sqrt()), torch.zeros(()))
    return centre, factor


def _set_head(head: nn.Linear, solution: RidgeSolution, centre: Tensor, scale: Tensor) -> None:
    """Fold centring, scaling and temperature into one linear layer on the raw features."""
    weight = solution.weight * scale.double()[:, None]
    head.weight.copy_(weight.T.float())
    head.bias.copy_((solution.bias - centre.double() @ weight).float())
