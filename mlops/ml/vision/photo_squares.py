"""Which square of a photo a model looks at, for a box that somebody drew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.ml.vision.photo_decoding import CROP, SHORT_SIDE
from mlops.ml.vision.photos import Photo

LEAST = 32
"""Pixels of the side of a square at least, where the photo has them."""


@dataclass(frozen=True)
class Square:
    """Left, top and side in pixels."""

    left: int
    top: int
    side: int


def square_around(box: Sequence[float] | None, width: int, height: int) -> Square:
    """The square that is cut for a box [left, top, width, height], in shares of the photo; None: all of it.

    Models look at the middle 224/256 of a picture, so the square is by as much larger than the box, as far as the photo
    goes; it is moved to lie inside.
    """
    most = min(width, height)
    if box is None:
        return Square((width - most) // 2, (height - most) // 2, most)
    left, top, across, down = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    side = math.floor(max(across, down) * SHORT_SIDE / CROP + 0.5)
    side = min(max(side, LEAST), most)
    x, y = math.floor(left + across / 2 - side / 2 + 0.5), math.floor(top + down / 2 - side / 2 + 0.5)
    return Square(min(max(x, 0), width - side), min(max(y, 0), height - side), side)


def square_cut(photo: Photo, square: Square) -> Photo:
    """(side, side, 3) of a photo (height, width, 3)."""
    return np.ascontiguousarray(
        photo[square.top : square.top + square.side, square.left : square.left + square.side]
    )


def kept_pixels(path: Path) -> Photo:
    """(height, width, 3) uint8 of a photo that `photo_storing` wrote: our own file. Raises OSError."""
    from PIL import Image

    with Image.open(path, formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))
