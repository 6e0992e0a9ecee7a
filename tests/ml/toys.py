"""Small networks for each data type, and data that they can learn: what an app would write, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mlops.ml.bases.audio import Clips
from mlops.ml.bases.images import Images
from mlops.ml.bases.rows import Rows
from mlops.ml.bases.sequences import Sequences
from mlops.ml.bases.texts import Texts
from mlops.ml.contract import UNLABELLED, option
from mlops.ml.torch_bases import (
    TorchAudioEstimator,
    TorchImageEstimator,
    TorchRowEstimator,
    TorchSequenceEstimator,
    TorchTextEstimator,
)
from mlops.ml.torch_training import LoopConfig

N = 36


@dataclass(frozen=True)
class ToyConfig(LoopConfig):
    width: int = option(8, "Filters", min=1, max=64)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """(batch, time, width) and (batch, time) → (batch, width)."""
    seen = mask.to(x.dtype)[..., None]
    return (x * seen).sum(dim=1) / seen.sum(dim=1).clamp(min=1)


def _groups(n: int) -> np.ndarray:
    return np.array([f"g{i % 6}" for i in range(n)])


class ToyImage(TorchImageEstimator):
    """Image → label."""

    name: ClassVar[str] = "toy_image"
    title: ClassVar[str] = "Toy image network"
    summary: ClassVar[str] = "Red or green."
    Config: ClassVar[type] = ToyConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        width = self.config.width
        layers = [nn.Conv2d(n_inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, n_outputs))


def images(seed: int) -> Images:
    rng = np.random.default_rng(seed)
    y = np.arange(N) % 2
    x = rng.integers(0, 120, size=(N, 8, 8, 3))
    x[np.arange(N), :, :, y] += 100
    return Images(list(x.astype(np.uint8)), y, _groups(N), ("red", "green"))


class SoundNetwork(nn.Module):
    """Frames of 40 samples → their energies in learned bands → mean over what was heard."""

    def __init__(self, width: int, n_outputs: int) -> None:
        super().__init__()
        self.bands, self.head = nn.Conv1d(1, width, 40, stride=40), nn.Linear(width, n_outputs)

    def frames(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x, mask = nn.functional.pad(x, (0, 40)), nn.functional.pad(mask.float(), (0, 40))
        seen = nn.functional.conv1d(mask[:, None], x.new_ones(1, 1, 40), stride=40)[:, 0] > 0
        return torch.log1p(self.bands(x[:, None]).square()).transpose(1, 2), seen

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.head(masked_mean(*self.frames(x, mask)))
        return logits


class ToySound(TorchAudioEstimator):
    """Clip → label."""

    name: ClassVar[str] = "toy_sound"
    title: ClassVar[str] = "Toy sound network"
    summary: ClassVar[str] = "Low or high."
    Config: ClassVar[type] = ToyConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return SoundNetwork(self.config.width, n_outputs)


def clips(seed: int) -> Clips:
    rng = np.random.default_rng(seed)
    y = np.arange(N) % 2
    items = [_tone(rng, (40.0, 200.0)[k], int(rng.integers(300, 900))) for k in y]
    return Clips(items, y, _groups(N), 1000, ("low", "high"))


def _tone(rng: np.random.Generator, hz: float, n: int) -> np.ndarray:
    t = np.arange(n) / 1000
    return (np.sin(2 * np.pi * hz * t + rng.uniform(0, 6)) + rng.normal(0, 0.1, n)).astype(np.float32)


LETTERS = "abc"


class SpellingNetwork(SoundNetwork):
    def forward(self, x: Tensor, mask: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        frames, seen = self.frames(x, mask)
        return {"letters": self.head(frames), "n_frames": seen.sum(dim=1), "seen": seen}


class SpellingLoss(nn.Module):
    """Connectionist temporal classification (Graves et al. 2006)."""

    def forward(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        scores = torch.log_softmax(outputs["letters"], dim=-1).transpose(0, 1)
        loss: Tensor = nn.functional.ctc_loss(
            scores, targets["letters"], outputs["n_frames"], targets["n_letters"], zero_infinity=True
        )
        return loss


class ToySpelling(TorchAudioEstimator):
    """Clip → text: loss, truth and answers of its own."""

    name: ClassVar[str] = "toy_spelling"
    title: ClassVar[str] = "Toy spelling network"
    summary: ClassVar[str] = "Writes down tones."
    Config: ClassVar[type] = ToyConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return SpellingNetwork(self.config.width, 1 + len(LETTERS))

    def build_loss(self, train: Clips) -> nn.Module:
        return SpellingLoss()

    def targets(self, data: Clips, which: np.ndarray) -> dict[str, Tensor]:
        words = [str(data.y[i]) for i in which]
        letters = np.zeros((len(words), max(map(len, words))), np.int64)
        for row, word in enumerate(words):
            letters[row, : len(word)] = [1 + LETTERS.index(letter) for letter in word]
        lengths = torch.tensor([len(word) for word in words])
        return {"letters": torch.from_numpy(letters), "n_letters": lengths}

    def answers_of(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        blank = nn.functional.one_hot(torch.zeros_like(outputs["n_frames"]), 1 + len(LETTERS))[:, None].float()
        scores = torch.softmax(outputs["letters"], dim=-1)
        return {"probabilities": torch.where(outputs["seen"][..., None], scores, blank)}

    def decode(self, answers: dict[str, Any]) -> dict[str, Any]:
        best = answers["probabilities"].argmax(axis=-1)
        return {"text": np.array([_spelt(row) for row in best], np.str_)}


def _spelt(row: np.ndarray) -> str:
    changes = [int(k) for i, k in enumerate(row) if i == 0 or k != row[i - 1]]
    return "".join(LETTERS[k - 1] for k in changes if k)


def spoken(seed: int) -> Clips:
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list(LETTERS), int(rng.integers(1, 4)))) for _ in range(N)]
    items = []
    for word in words:
        parts = [part for letter in word for part in (_tone(rng, 50.0 + 90 * LETTERS.index(letter), 120), _hush(rng))]
        items.append(np.concatenate(parts))
    return Clips(items, np.array(words), _groups(N), 1000)


def _hush(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, 0.02, 80).astype(np.float32)


class RepetitionNetwork(nn.Module):
    def __init__(self, n_inputs: int, width: int) -> None:
        super().__init__()
        self.frames = nn.Sequential(nn.Linear(n_inputs, width), nn.Tanh())
        self.exercise, self.score, self.angles = nn.Linear(width, 2), nn.Linear(width, 1), nn.Linear(width, 2)
        self.phase = nn.Linear(width, 3)

    def forward(self, x: Tensor, mask: Tensor) -> dict[str, Tensor]:
        frames = self.frames(x.flatten(2))
        mean = masked_mean(frames, mask)
        one = {"exercise": self.exercise(mean), "score": self.score(mean), "angles": self.angles(mean)}
        return {**one, "phase": self.phase(frames)}


class ToyRepetition(TorchSequenceEstimator):
    """Landmarks → exercise, score, two angles, and the phase of every frame."""

    name: ClassVar[str] = "toy_repetition"
    title: ClassVar[str] = "Toy repetition network"
    summary: ClassVar[str] = "Several answers at once."
    Config: ClassVar[type] = ToyConfig
    loss_weights: ClassVar[dict[str, float]] = {"score": 2.0, "angles": 0.5}

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return RepetitionNetwork(n_inputs, self.config.width)


def repetitions(seed: int) -> Sequences:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 15, N)
    exercise, score = np.arange(N) % 2, rng.uniform(0, 100, N)
    phase = np.full((N, int(lengths.max())), UNLABELLED, np.int64)
    items = []
    for i, n in enumerate(lengths):
        own = np.arange(n) * 3 // n
        phase[i, :n] = own
        frame = rng.normal(0, 0.05, (n, 4, 3))
        frame[:, 0, 0] += exercise[i]
        frame[:, 1, 1] += score[i] / 50 - 1
        frame[:, 2, 2] += own - 1
        items.append(frame.astype(np.float32))
    score[::7] = np.nan  # nobody knows
    angles = np.stack([90 + 30 * exercise, 100.0 - exercise], axis=1) + rng.normal(0, 1, (N, 2))
    y = {"exercise": exercise, "score": score, "angles": angles, "phase": phase}
    labels = {"exercise": ("squat", "row"), "phase": ("down", "hold", "up")}
    return Sequences(items, y, _groups(N), labels)


class ToyRow(TorchRowEstimator):
    """Row → number with an interval, by quantiles."""

    name: ClassVar[str] = "toy_row"
    title: ClassVar[str] = "Toy row network"
    summary: ClassVar[str] = "A number and how sure it is."
    Config: ClassVar[type] = ToyConfig
    interval: ClassVar[str] = "quantiles"

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        width = self.config.width
        return nn.Sequential(nn.Linear(n_inputs, width), nn.Tanh(), nn.Linear(width, n_outputs))


class ToyGaussianRow(ToyRow):
    """The same with a normal distribution."""

    name: ClassVar[str] = "toy_gaussian_row"
    interval: ClassVar[str] = "gaussian"


def rows(seed: int, n: int = N) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1, 10, 100] + [0, 5, 1000]
    y = 50 + 10 * x[:, 0] + rng.normal(0, 5, n)
    x[rng.random(x.shape) < 0.1] = np.nan
    return Rows(x, y, _groups(n), ("a", "b", "c"))


class TextNetwork(nn.Module):
    def __init__(self, n_inputs: int, n_outputs: int, width: int) -> None:
        super().__init__()
        self.tokens, self.head = nn.Embedding(n_inputs, width), nn.Linear(width, n_outputs)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.head(masked_mean(self.tokens(tokens), mask))
        return logits


class ToyText(TorchTextEstimator):
    """Text → label."""

    name: ClassVar[str] = "toy_text"
    title: ClassVar[str] = "Toy text network"
    summary: ClassVar[str] = "Start or stop."
    Config: ClassVar[type] = ToyConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return TextNetwork(n_inputs, n_outputs, self.config.width)


def texts(seed: int) -> Texts:
    rng = np.random.default_rng(seed)
    y = np.arange(N) % 2
    words = (("start", "begin", "go", "hyɛ aseɛ"), ("stop", "end", "halt", "gyae"))
    found = tuple(f"{'please ' * int(rng.integers(0, 3))}{rng.choice(words[k])}" for k in y)
    return Texts(found, y, _groups(N), ("start", "stop"))


TOYS: dict[str, tuple[type, Any, dict[str, Any]]] = {
    cls.name: (cls, data, {"epochs": epochs, "batch_size": 8, "learning_rate": 0.03, "warmup_steps": 0})
    for cls, data, epochs in (
        (ToyImage, images, 4),
        (ToySound, clips, 4),
        (ToySpelling, spoken, 4),
        (ToyRepetition, repetitions, 4),
        (ToyRow, rows, 4),
        (ToyGaussianRow, rows, 4),
        (ToyText, texts, 4),
    )
}
