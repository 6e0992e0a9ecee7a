"""Torch models by data type: a network and a config are all that is missing.

    TorchWindowEstimator    (batch, time, channels)
    TorchRowEstimator       (batch, columns), made comparable and without NaN
    TorchImageEstimator     (batch, colours, height, width)
    TorchSequenceEstimator  (batch, time, …) and mask (batch, time)
    TorchAudioEstimator     (batch, samples) and mask (batch, samples)
    TorchTextEstimator      (batch, tokens) and mask (batch, tokens)

The mask is True where there is something; what stands after the end must not change an answer.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlops.ml.bases.audio import AudioEstimator, Clips
from mlops.ml.bases.images import ImageEstimator, Images
from mlops.ml.bases.rows import RowEstimator, Rows
from mlops.ml.bases.sequences import SequenceEstimator, Sequences
from mlops.ml.bases.texts import N_BYTES, TextEstimator, Texts
from mlops.ml.bases.windows import PROBABILITIES, WindowEstimator
from mlops.ml.contract import FloatArray, Windows
from mlops.ml.feature_scaler import FeatureScaler
from mlops.ml.torch_estimator import TorchEstimator

Inputs = dict[str, npt.NDArray[Any]]
EXAMPLES = 2


class TorchWindowEstimator(TorchEstimator[Windows], WindowEstimator):
    """A network of windows of a signal."""

    @property
    def n_inputs(self) -> int:
        return self.window_shape[1]

    def example_inputs(self) -> Inputs:
        return {"input": np.zeros((EXAMPLES, *self.window_shape), np.float32)}

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        windows = Windows(x, None, np.zeros(len(x), np.str_), self.labels)
        return np.concatenate([part[PROBABILITIES] for part in self._scores(windows)])


class TorchRowEstimator(TorchEstimator[Rows], RowEstimator[Rows]):
    """A network of rows. The exported file takes them as they are, NaN for unknown."""

    scoring_batch: ClassVar[int] = 4096

    @property
    def n_inputs(self) -> int:
        return len(self.scaler.features)

    def example_inputs(self) -> Inputs:
        return {"input": np.zeros((EXAMPLES, self.n_inputs), np.float32)}

    def make_network(self) -> nn.Module:
        return nn.Sequential(Comparable(self.scaler), super().make_network())


class Comparable(nn.Module):
    """(batch, columns) with NaN for unknown → z-values, as `FeatureScaler.apply` makes them."""

    def __init__(self, scaler: FeatureScaler) -> None:
        super().__init__()
        for name in ("median", "mean", "sd"):
            self.register_buffer(name, torch.from_numpy(getattr(scaler, name)).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        median, mean, sd = self.get_buffer("median"), self.get_buffer("mean"), self.get_buffer("sd")
        return (torch.where(torch.isnan(x), median, x) - mean) / sd


class TorchImageEstimator(TorchEstimator[Images], ImageEstimator[Images]):
    """A network of images of one size."""

    scoring_batch: ClassVar[int] = 32

    @property
    def n_inputs(self) -> int:
        return self.image_shape[2]

    def example_inputs(self) -> Inputs:
        height, width, colours = self.image_shape
        return {"input": np.zeros((EXAMPLES, colours, height, width), np.float32)}


class TorchSequenceEstimator(TorchEstimator[Sequences], SequenceEstimator[Sequences]):
    """A network of sequences of any length; `n_inputs` are the numbers of one frame."""

    scoring_batch: ClassVar[int] = 64

    @property
    def n_inputs(self) -> int:
        return math.prod(self.frame_shape)

    def example_inputs(self) -> Inputs:
        length = int(self.facts["length"])
        x = np.zeros((EXAMPLES, length, *self.frame_shape), np.float32)
        return {"input": x, "mask": np.ones((EXAMPLES, length), np.bool_)}


class TorchAudioEstimator(TorchEstimator[Clips], AudioEstimator[Clips]):
    """A network of clips of any length."""

    scoring_batch: ClassVar[int] = 16

    @property
    def n_inputs(self) -> int:
        return 1

    def example_inputs(self) -> Inputs:
        shape = (EXAMPLES, int(self.facts["length"]))
        return {"input": np.zeros(shape, np.float32), "mask": np.ones(shape, np.bool_)}


class TorchTextEstimator(TorchEstimator[Texts], TextEstimator[Texts]):
    """A network of texts; of their bytes unless `collate`, `n_inputs` and `example_inputs` say otherwise."""

    @property
    def n_inputs(self) -> int:
        return N_BYTES

    def example_inputs(self) -> Inputs:
        return {"input": np.ones((EXAMPLES, 16), np.int64), "mask": np.ones((EXAMPLES, 16), np.bool_)}
