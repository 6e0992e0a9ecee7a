"""Random convolution kernels with a linear head: trained in seconds, exact, small, and hard to beat.

After MiniRocket (Dempster, Schmidt & Webb 2021, arXiv:2012.08791): the 84 kernels of length 9 with three weights of
2 and six of −1, dilated, each looking at a random set of channels; a feature is the share of the window in which a
kernel's answer lies above a bias taken from training windows. MultiRocket (Tan et al. 2022, arXiv:2102.00457) adds
pooling statistics; here level, minimum, maximum, log spread and log change stand beside the kernels.

A window is looked at twice. First as it stands among the training windows, with zeros beyond its edges: there the
kernels see posture, as a step at the edge. Then by itself, its mean taken away and its size made equal, and without
edges: there they see the shape of the movement alone, which a stranger's build and the seat of the sensor change
least. A channel that hardly moves within a window is not blown up for it (`STILL`). Which of the two says more differs
from one set of people to the next, so the head has both, and the few statistics weigh little beside them.

Biases are quantiles over many windows together, because a bias out of one window at rest would describe the noise of
that device. A feature whose spread over the training windows is next to nothing says nothing (`LEAST_SPREAD`): scaled
up it would be the noise of the arithmetic, with weights that no other engine reproduces.

Where one of the classes means "none of these" (everyday movement, rest), the head answers twice: whether it is one of
the others, from everything, and which of them, from windows of those alone. So what is taught about everyday movement
can lead to "none of them", but never from one exercise to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlops.ml.abstention import NO_CLASS
from mlops.ml.bases.windows import WindowEstimator
from mlops.ml.contract import (
    BadArtifact,
    BadShape,
    CannotContinue,
    Continuation,
    FloatArray,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    option,
)
from mlops.ml.ridge import RidgeSolution, fit_ridge, soft_log_loss
from mlops.ml.ridge_update import RidgeMemory, updated_head
from mlops.ml.torch_estimator import WEIGHTS_FILE
from mlops.ml.torch_onnx import torch_threads, write_onnx
from mlops.ml.windows import Scaler

N_KERNELS = 84
KERNEL_LENGTH = 9
RAMP = 0.01
"""Width of the step in "share above": answers within noise of the bias count in part, on every engine alike."""
SPREAD_FLOOR = 0.01
"""Added to a spread before its logarithm; about the noise of a sensor at rest in normalised units."""
STILL = 0.2
"""A channel that spreads less than this within a window, in its spreads over all training windows, is still."""
LEAST_SPREAD = 1e-3
"""Spread over the training windows below which a feature is constant: shares of a window, or normalised units."""
STATISTICS_SHARE = 0.2
"""Total variance of each family of statistics; either view of the kernels has 1."""
NAMED = "named"
"""Key under which the numbers of the named classes lie beside the weights."""
MEMORIES = ("ridge.safetensors", "ridge-named.safetensors")
_N_STATISTICS = 5
_BATCH = 128


@dataclass(frozen=True)
class RandomKernelsConfig:
    """How many features are made and how many windows are used."""

    n_dilations: int = option(8, "Maximum number of dilations", min=1, max=16)
    n_biases: int = option(5, "Features per kernel and time scale, of either view", min=1, max=16)
    max_windows: int = option(20_000, "Maximum training windows, sampled at random", min=100, max=100_000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


class KernelFeatures(nn.Module):
    """(batch, time, channels) → (batch, n_features); training sets nothing in it but scales and biases.

    A stage is one distance in one view. weights (stages, 84, channels, 9) are zero for the channels that a kernel does
    not look at; biases (stages, 84, n_biases); spacing (distances,) keeps the distances beside the weights made for
    them; centre and scale (channels,) come from the training windows, scale is 0 for a channel that never moves.

    two_views  False for models of older versions, which saw the window once, as it was given
    """

    spacing: Tensor
    weights: Tensor
    biases: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(self, window_shape: tuple[int, int], config: RandomKernelsConfig, *, two_views: bool = True) -> None:
        super().__init__()
        length, channels = window_shape
        self.dilations = dilations_for(length, config.n_dilations)
        self.two_views = two_views
        n = len(self.dilations) * (1 + two_views)
        self.n_biases = config.n_biases
        self.register_buffer("spacing", torch.tensor(self.dilations))
        self.register_buffer("weights", torch.zeros(n, N_KERNELS, channels, KERNEL_LENGTH))
        self.register_buffer("biases", torch.zeros(n, N_KERNELS, config.n_biases))
        if two_views:
            self.register_buffer("centre", torch.zeros(channels))
            self.register_buffer("scale", torch.ones(channels))
        view = len(self.dilations) * N_KERNELS * config.n_biases
        self.family_sizes = (*[view] * (1 + two_views), *[channels] * _N_STATISTICS)

    @property
    def n_features(self) -> int:
        return sum(self.family_sizes)

    def views(self, x: Tensor) -> list[Tensor]:
        """The window as it stands among the others and, with two views, by itself; each (batch, channels, time)."""
        if not self.two_views:
            return [x.transpose(1, 2)]
        given = ((x - self.centre) * self.scale).transpose(1, 2)
        off = given - given.mean(dim=2, keepdim=True)
        return [given, off / off.square().mean(dim=2, keepdim=True).sqrt().clamp(min=STILL)]

    def answers(self, views: list[Tensor], stage: int) -> Tensor:
        """The (batch, 84, time) answers of one stage; without the edges, 8 · dilation shorter."""
        view, at = divmod(stage, len(self.dilations))
        dilation = self.dilations[at]
        edges = dilation * (KERNEL_LENGTH // 2) if self.two_views and view == 0 else 0
        return torch.conv1d(views[view], self.weights[stage], dilation=dilation, padding=edges)

    def forward(self, x: Tensor) -> Tensor:
        views = self.views(x)
        families = []
        for stage in range(len(self.weights)):
            answers = self.answers(views, stage) / RAMP + 0.5
            for j in range(self.n_biases):
                above = answers - self.biases[stage, :, j, None] / RAMP
                families.append(above.clamp(0.0, 1.0).mean(dim=2))
        x = views[0]
        level = x.mean(dim=2)
        spread = (x - level[:, :, None]).square().mean(dim=2)
        change = (x[:, :, 1:] - x[:, :, :-1]).square().mean(dim=2)
        families += [level, x.amin(dim=2), x.amax(dim=2)]
        families += [torch.log(spread + SPREAD_FLOOR**2), torch.log(change + SPREAD_FLOOR**2)]
        return torch.cat(families, dim=1)

    def draw(self, x: FloatArray, rng: np.random.Generator) -> None:
        """Take scales from training windows, channels at random, biases as quantiles of the kernels' answers."""
        channels = x.shape[2]
        seen = Scaler.fit(x[rng.choice(len(x), min(len(x), 2048), replace=False)])
        self.centre.copy_(torch.from_numpy(seen.mean))
        self.scale.copy_(torch.from_numpy(np.where(seen.still, 0.0, 1.0 / seen.spread)))
        patterns = _patterns()
        quantiles = np.arange(1, self.n_biases + 1) / (self.n_biases + 1)
        for stage in range(len(self.weights)):
            mask = np.zeros((N_KERNELS, channels), np.float32)
            for kernel in range(N_KERNELS):
                most = min(channels, KERNEL_LENGTH)
                n_seen = min(int(2 ** rng.uniform(0, np.log2(most + 1))), most)
                mask[kernel, rng.choice(channels, n_seen, replace=False)] = n_seen**-0.5
            self.weights[stage] = torch.from_numpy(patterns[:, None, :] * mask[:, :, None])
            some = x[rng.choice(len(x), min(len(x), 64), replace=False)]
            answers = self.answers(self.views(torch.from_numpy(some)), stage)
            pooled = answers.transpose(0, 1).reshape(N_KERNELS, -1).numpy()
            self.biases[stage] = torch.from_numpy(np.quantile(pooled, quantiles, axis=1).T)


class RandomKernelsNetwork(nn.Module):
    """Features and the linear head: (batch, time, channels) → (batch, classes) logits.

    named  numbers of the classes that a second part of the head tells apart; empty where there is only one part
    """

    features: KernelFeatures
    head: nn.Linear
    place: Tensor

    def __init__(
        self, window_shape: tuple[int, int], n_classes: int, config: RandomKernelsConfig, *,
        named: Sequence[int] = (), two_views: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.features = KernelFeatures(window_shape, config, two_views=two_views)
        self.n_classes = n_classes
        self.named = tuple(named)
        self.head = nn.Linear(self.features.n_features, n_classes + len(self.named))
        self.register_buffer("place", torch.eye(n_classes)[list(self.named)], persistent=False)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.joined(self.head(self.features(x)))

    def joined(self, logits: Tensor) -> Tensor:
        """Logits (batch, classes) out of both parts of the head: one says whether it is a named class, one which."""
        if not self.named:
            return logits
        place = self.place.to(logits.dtype)
        everything = torch.log_softmax(logits[:, : self.n_classes], dim=1)
        which = torch.log_softmax(logits[:, self.n_classes :], dim=1)
        is_named = place.sum(dim=0)
        share = (everything.exp() * is_named).sum(dim=1, keepdim=True).clamp(min=1e-12).log()
        return everything * (1.0 - is_named) + (share + which) @ place


class RandomKernels(WindowEstimator):
    """The recommended estimator: closed-form training, calibrated on subjects it did not learn from."""

    name: ClassVar[str] = "random_kernels"
    title: ClassVar[str] = "Random convolution kernels"
    summary: ClassVar[str] = "Random kernels and a linear head. Trains in seconds, works with few people. Start here."
    Config: ClassVar[type] = RandomKernelsConfig
    continues: ClassVar[str] = "warm start"

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self.network: RandomKernelsNetwork | None = None
        self.memories: list[RidgeMemory] = []
        """Of both parts of the head; none for models of older versions."""

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
            named = _named_classes(train.labels, y)
            network = RandomKernelsNetwork((x.shape[1], x.shape[2]), len(train.labels), self.config, named=named)
            alone = np.isin(y, named) if named else np.ones(len(y), bool)
            network.features.draw(x[alone], rng)
            features = _features_of(network.features, x, lambda done: on_step(done, total))
            unseen, truth = None, y
            if validation is not None:
                n_done = -(-len(x) // _BATCH)
                unseen = _features_of(network.features, validation.x, lambda done: on_step(n_done + done, total))
                truth = np.asarray(validation.y, np.int64)
            parts = [(None, np.ones(len(y), bool)), *([(np.asarray(named), alone)] if named else [])]
            solutions, lines, guesses, memories = [], [], [], []
            for at, (among, rows) in enumerate(parts):
                centre, scale = _family_scale(features[torch.from_numpy(rows)], network.features.family_sizes)
                last = at == len(parts) - 1
                scaled = features.sub_(centre).mul_(scale) if last else (features - centre) * scale
                held_out = None if unseen is None else ((unseen - centre) * scale, truth)
                begun = n_batches + solving * at // len(parts)

                def on_fold(done: int, folds: int, begun: int = begun) -> None:
                    on_step(begun + solving * done // (folds * len(parts)), total)

                solution = fit_ridge(
                    scaled, y, len(train.labels), train.groups, held_out=held_out, among=among, on_fold=on_fold
                )
                solutions.append(solution)
                lines.append(_line(solution, centre, scale))
                memories.append(RidgeMemory(centre, scale, solution.strength, solution.temperature))
                guesses.append(scaled.double() @ solution.weight + solution.bias)
            network.head.weight.copy_(torch.cat([weight.T for weight, _ in lines]).float())
            network.head.bias.copy_(torch.cat([bias for _, bias in lines]).float())
            guessed = network.joined(torch.cat(guesses, dim=1)).argmax(1).numpy()
            answers = network.joined(torch.cat([torch.from_numpy(one.unseen) for one in solutions], dim=1))
            on_step(total, total)
        first = solutions[0]
        for row in first.curve:
            on_epoch(row)
        self.network, self.memories = network.eval(), memories
        metrics = {
            "train_accuracy": float((guessed == y).mean()),
            "val_accuracy": float((answers.argmax(1).numpy() == truth).mean()),
            "val_loss": soft_log_loss(truth, torch.softmax(answers, dim=1).numpy()),
            "strength": first.strength,
            "temperature": first.temperature,
        }
        n_parameters = network.head.weight.numel() + network.head.bias.numel() + network.features.biases.numel()
        return TrainingReport(metrics, first.curve, n_parameters=n_parameters)

    def _go_on(
        self,
        after: Continuation,
        train: Windows,
        validation: Windows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> TrainingReport:
        """The same kernels and scales; the head moves by what new windows add to the least squares."""
        self.network = None
        before: RandomKernels = after.before
        if not before.memories:
            raise CannotContinue("this version was saved without the scales of its features; train it in full")
        again, weight = after.replay(seed)
        fresh = np.flatnonzero(after.fresh)
        total = -(-(len(fresh) + len(again)) // _BATCH) + 1
        with torch.no_grad(), torch_threads(self.config.threads):
            known = before._network()
            network = RandomKernelsNetwork(self.window_shape, len(train.labels), self.config, named=known.named)
            try:
                network.load_state_dict(known.state_dict())
            except RuntimeError as error:
                raise CannotContinue("the kernels before are others") from error
            new = _features_of(network.features, train.x[fresh], lambda done: on_step(done, total))
            n_done = -(-len(fresh) // _BATCH)
            old = _features_of(network.features, train.x[again], lambda done: on_step(n_done + done, total))
            y, y_old = (np.asarray(train.y, np.int64)[rows] for rows in (fresh, again))
            n, named = network.n_classes, np.asarray(network.named, np.int64)
            for part, memory, classes in zip(
                (slice(0, n), slice(n, None)), before.memories, (np.arange(n), named), strict=False
            ):
                is_new, is_old = (torch.from_numpy(np.isin(rows, classes)) for rows in (y, y_old))
                weights, bias = updated_head(
                    network.head.weight[part], network.head.bias[part], memory, new[is_new],
                    np.searchsorted(classes, y[is_new.numpy()]), old[is_old], weight,
                )  # fmt: skip
                network.head.weight[part] = weights
                network.head.bias[part] = bias
            guessed = network.joined(network.head(new)).argmax(1).numpy()
        on_step(total, total)
        self.network, self.memories = network.eval(), before.memories
        row = {"epoch": 1.0, "train_accuracy": float((guessed == y).mean()), "n_taught": float(len(fresh) + len(again))}
        if validation is not None:
            row["val_accuracy"] = float((self._predict_proba(validation.x).argmax(1) == validation.y).mean())
        on_epoch(row)
        n_parameters = network.head.weight.numel() + network.head.bias.numel() + network.features.biases.numel()
        metrics = {name: value for name, value in row.items() if name != "epoch"}
        return TrainingReport(metrics, [row], n_parameters=n_parameters)

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        network = self._network()
        with torch.no_grad(), torch_threads(self.config.threads):
            parts = torch.from_numpy(np.array(x, np.float32)).split(_BATCH)
            return torch.cat([torch.softmax(network(part), dim=1) for part in parts]).numpy()

    def _save(self, directory: Path) -> None:
        network = self._network()
        named = {NAMED: torch.tensor(network.named)} if network.named else {}
        save_file({**network.state_dict(), **named}, directory / WEIGHTS_FILE)
        for memory, name in zip(self.memories, MEMORIES, strict=False):
            memory.save(directory, name)

    def _load(self, directory: Path) -> None:
        try:
            state = load_file(directory / WEIGHTS_FILE)
            two_views = "features.centre" in state
            named = state.pop(NAMED).tolist() if NAMED in state else ()
            network = RandomKernelsNetwork(
                self.window_shape, len(self.labels), self.config, named=named, two_views=two_views
            )
            network.load_state_dict(state)
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        if network.features.spacing.tolist() != network.features.dilations:
            raise BadArtifact(f"the saved {self.name} was made for other kernel distances")
        found = [RidgeMemory.load(directory, network.features.n_features, name) for name in MEMORIES]
        self.memories = [memory for memory in found if memory is not None]
        self.network = network.eval()

    def _export_onnx(self, path: Path) -> None:
        write_onnx(nn.Sequential(self._network(), nn.Softmax(dim=1)), path, self.window_shape)

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
    """Return (centre, factor) that give each family its total variance; constant features get factor 0."""
    centre, spread = features.mean(0), features.std(0, correction=0)
    shares = [1.0] * (len(sizes) - _N_STATISTICS) + [STATISTICS_SHARE] * _N_STATISTICS
    size = torch.cat([torch.full((n,), n / share) for n, share in zip(sizes, shares, strict=True)])
    factor = torch.where(spread > LEAST_SPREAD, 1.0 / (spread.clamp(min=LEAST_SPREAD) * size.sqrt()), torch.zeros(()))
    return centre, factor


def _line(solution: RidgeSolution, centre: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Fold centring, scaling and temperature into (weight, bias) on the raw features."""
    weight = solution.weight * scale.double()[:, None]
    return weight, solution.bias - centre.double() @ weight


def _named_classes(labels: Sequence[str], y: npt.NDArray[Any]) -> tuple[int, ...]:
    """The classes that are something, where there are windows of two of them at least and of nothing as well."""
    seen = set(np.unique(y).tolist())
    named = tuple(number for number, label in enumerate(labels) if label not in NO_CLASS)
    taught = seen - set(named)
    return named if taught and len(seen & set(named)) > 1 else ()
