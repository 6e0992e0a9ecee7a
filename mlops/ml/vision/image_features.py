"""Features of photos: 1,280 numbers each, on which a linear layer learns dishes or machines from a few examples.

EfficientNet-Lite0 (see `efficientnet`), run by ONNX Runtime; no torch is needed where it answers. Where the weights are
not here, `described` uses a colour histogram and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.parts.component import Component
from mlops.ml.parts.store import PartMissing
from mlops.ml.vision.colour_histogram import colour_histogram
from mlops.ml.vision.photos import Image, crops_of, without_paths

MODEL_FILE = "model.onnx"
N_FEATURES = 1280
AT_ONCE = 16
"""Photos in one run of the model."""
HISTOGRAM = "colour-histogram"


class ImageFeatures(Component):
    """Photos → features. Thread-safe: a session of ONNX Runtime may be run from several threads.

    >>> ImageFeatures().features([Path("plate.jpg")]).shape     # doctest: +SKIP
    (1, 1280)
    """

    part, takes = "efficientnet-lite0", "image"
    max_batch = AT_ONCE
    any_thread = True

    def features(self, images: Sequence[Image]) -> npt.NDArray[np.float32]:
        """(n, 1280), each from 0 to 6: the middle square of every photo, described.

        images  the content of a file, its path, or pixels (height, width, 3) uint8
        Raises PartMissing, BadArtifact, UnreadableInput (a damaged, too large or unsupported photo), BadShape,
        BadValue.
        """
        self.load()
        return self._of_crops(crops_of(images))

    def answer(self, inputs: list[Any]) -> list[Any]:
        """One (1280,) array a photo, which is bytes or pixels; what the models server calls."""
        return list(self.features(without_paths(inputs)))

    def _load(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises many unrelated types for an unusable model
            raise BadArtifact(f"{self.part} cannot be loaded: {error}") from error

    def _close(self) -> None:
        del self._session

    def _of_crops(self, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        pieces = [crops[start : start + AT_ONCE] for start in range(0, len(crops), AT_ONCE)]
        found = [self._session.run(["features"], {"image": piece})[0] for piece in pieces]
        return np.concatenate(found) if found else np.zeros((0, N_FEATURES), np.float32)


@dataclass(frozen=True)
class Described:
    """Features (n, d) and what made them: the name of a part, or "colour-histogram". The two do not mix."""

    features: npt.NDArray[np.float32]
    by: str


def described(images: Sequence[Image], component: ImageFeatures | None = None, *, by: str = "") -> Described:
    """Features of photos by whatever is here; `by` asks for those that a classifier was fitted on.

    Raises PartMissing where `by` names a part that is not here, BadValue for a name that is neither, and what
    `ImageFeatures.features` raises.
    """
    component = component or ImageFeatures()
    if by not in ("", HISTOGRAM, component.part):
        raise BadValue(f"there are no image features called {by}")
    if by != HISTOGRAM:
        try:
            return Described(component.features(images), component.part)
        except PartMissing:
            if by:
                raise
    return Described(colour_histogram(crops_of(images)), HISTOGRAM)
