"""Hands in a picture or video: 21 landmarks each (MediaPipe Hands, Zhang et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.landmarker import Landmarker
from mlops.ml.vision.photos import without_paths

LANDMARKS = (
    "wrist",
    *(f"thumb_{joint}" for joint in ("cmc", "mcp", "ip", "tip")),
    *(f"{finger}_{j}" for finger in ("index", "middle", "ring", "pinky") for j in ("mcp", "pip", "dip", "tip")),
)
MOST = 2
"""Hands that are looked for."""


@dataclass(frozen=True)
class Hand:
    """One hand.

    image       (21, 3): x and y as shares of the picture's width and height, z (depth from the wrist) on the scale of x
    world       (21, 3): metres from the middle of the hand
    side        "Left" or "Right", for a picture that is mirrored as in a selfie; in any other it is the other hand
    confidence  of the side, from 0 to 1
    """

    image: npt.NDArray[np.float32]
    world: npt.NDArray[np.float32]
    side: str
    confidence: float


class HandLandmarker(Landmarker[list[Hand]]):
    """Pictures → the hands in each, at most two, none where none is found. A hand must be well visible: at a distance
    from which a whole body is seen, hands are found only in a crop around the wrist."""

    part = "hands"
    _task = "HandLandmarker"
    _options = {"num_hands": MOST}

    def answer(self, inputs: list[Any]) -> list[Any]:
        """A list of {"image", "world", "side", "confidence"} for each picture; what the models server calls."""
        return [[vars(hand) for hand in found] for found in self.find(without_paths(inputs))]

    def _read(self, result: Any) -> list[Hand]:
        rows = zip(result.hand_landmarks, result.hand_world_landmarks, result.handedness, strict=True)
        return [
            Hand(_points(image), _points(world), str(side[0].category_name), float(side[0].score))
            for image, world, side in rows
        ]


def _points(landmarks: Any) -> npt.NDArray[np.float32]:
    return np.array([(p.x, p.y, p.z) for p in landmarks], np.float32)
