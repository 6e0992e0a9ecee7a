"""Hands of a body, found in crops around its wrists: at a distance at which a whole body is seen they are too small.

Both crops stand side by side in one picture, so that palms are looked for once. Which crop a hand lies in tells whose
left or right it is, surer than the network's own guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.hands import Hand, HandLandmarker
from mlops.ml.vision.pose import LANDMARKS
from mlops.ml.vision.video.bodies import trunk_of
from mlops.ml.vision.video.rows import HANDS

TILE = 256
CROP_TRUNKS = 0.8
"""Side of a crop in lengths of the trunk."""
LEAST_CROP_PX = 24
MIN_VISIBILITY = 0.3
SIDES = ("left", "right")
_OF_HAND = tuple(tuple(LANDMARKS.index(f"{side}_{p}") for p in ("wrist", "index", "pinky")) for side in SIDES)


class HandFinder:
    """For one thread."""

    def __init__(self, folder: str | Path) -> None:
        self._landmarker = HandLandmarker(folder)

    def near(self, rgb: npt.NDArray[np.uint8], body: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(2, 21, 3), left and right, of a body (33, 8) in a picture; NaN where no hand is found."""
        found = np.full(HANDS, np.nan, np.float32)
        height, width = rgb.shape[:2]
        points = body[:, :2] * (width, height)
        side_px = CROP_TRUNKS * float(trunk_of(points)[1])
        shown = [number for number, hand in enumerate(_OF_HAND) if self._is_shown(body, hand, side_px)]
        if not shown:
            return found
        corners = [_middle(points[list(_OF_HAND[number])]) - side_px / 2 for number in shown]
        tiles = np.concatenate([_tile(rgb, corner, side_px) for corner in corners], 1)
        for hand in self._landmarker.find([tiles])[0]:
            place = hand.image[:, 0].mean() * len(shown)
            tile = int(np.clip(place, 0, len(shown) - 1))
            x = (hand.image[:, 0] * len(shown) - tile) * side_px + corners[tile][0]
            y = hand.image[:, 1] * side_px + corners[tile][1]
            z = hand.image[:, 2] * len(shown) * side_px
            found[shown[tile]] = np.stack([x / width, y / height, z / width], 1)
        return found

    def anywhere(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The same in a picture without a body: a hand's side is what the network takes it for."""
        found = np.full(HANDS, np.nan, np.float32)
        for hand in _by_confidence(self._landmarker.find([rgb])[0]):
            found[0 if hand.side == "Right" else 1] = hand.image  # it takes pictures for mirrored ones
        return found

    def close(self) -> None:
        self._landmarker.close()

    def _is_shown(self, body: npt.NDArray[np.float32], hand: Sequence[int], side_px: float) -> bool:
        x, y, _, visibility = body[hand[0], :4]
        return bool(0 < x < 1 and 0 < y < 1 and visibility >= MIN_VISIBILITY and side_px >= LEAST_CROP_PX)


def _middle(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of the palm, half a palm farther from the wrist than wrist and knuckles are on average."""
    middle = points.mean(0)
    return middle + (middle - points[0]) / 2


def _tile(rgb: npt.NDArray[np.uint8], corner: npt.NDArray[Any], side: float) -> npt.NDArray[np.uint8]:
    from PIL import Image

    box = (corner[0], corner[1], corner[0] + side, corner[1] + side)
    left, top = max(0, int(box[0]) - 1), max(0, int(box[1]) - 1)  # only what is needed travels to the library
    part = np.ascontiguousarray(rgb[top : max(top + 1, int(box[3]) + 2), left : max(left + 1, int(box[2]) + 2)])
    moved = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    image = Image.fromarray(part)
    return np.asarray(image.transform((TILE, TILE), Image.Transform.EXTENT, moved, Image.Resampling.BILINEAR))


def _by_confidence(hands: list[Hand]) -> list[Hand]:
    """The surest last, so that it stays where two are taken for the same side."""
    return sorted(hands, key=lambda hand: hand.confidence)
