"""What the limited child does with a stranger's photo: its size by the header, then its pixels, upright and in RGB."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.media_probe import MAX_PIXELS

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""What is opened at all. A photo of a phone that holds a second picture (MPO) is a JPEG with more behind it."""
CROP = 224
"""Side of the square that image models look at."""
SHORT_SIDE = 256
"""To which a photo is scaled before that square is cut from its middle."""
MOST = 1280
"""Pixels of the longer side of a whole photo; larger ones are scaled down."""
DAMAGED = "This picture is damaged, empty or not complete."


@dataclass(frozen=True)
class Refused:
    """Why a photo was not read."""

    code: str
    text: str


Told = Callable[[int, npt.NDArray[np.uint8] | Refused], None]


def decode_photos(paths: Sequence[Path], on_each: Told, crop: bool) -> None:
    """Tell of each photo by its place in the list: (height, width, 3) uint8, or why there is none.

    crop  True: the middle square of 224 pixels that image models take; False: the whole, at most 1,280 pixels long
    """
    for number, path in enumerate(paths):
        try:
            photo: npt.NDArray[np.uint8] | Refused = _decoded(path, crop)
        except UnreadableInput as error:
            photo = Refused(error.code, str(error))
        except MemoryError:
            raise
        except Exception:  # decoders raise many unrelated types for a damaged file
            photo = Refused("unreadable_media", DAMAGED)
        on_each(number, photo)


def middle_square(image: Any) -> npt.NDArray[np.uint8]:
    """A PIL image in RGB → (224, 224, 3): the shorter side scaled to 256 pixels, the middle cut out."""
    from PIL.Image import Resampling

    left, top, side = _square(image.width, image.height)
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((CROP, CROP), Resampling.BICUBIC, box=box, reducing_gap=3.0))


def _square(width: int, height: int) -> tuple[float, float, float]:
    """Left, top and side, in pixels, of what the middle square shows of a picture."""
    side = min(width, height) * CROP / SHORT_SIDE
    return (width - side) / 2, (height - side) / 2, side


def _decoded(path: Path, crop: bool) -> npt.NDArray[np.uint8]:
    from PIL import Image

    upright = upright_photo(path, 4 * CROP if crop else MOST)
    if crop:
        return middle_square(upright)
    upright.thumbnail((MOST, MOST), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(upright)


def upright_photo(path: Path, least: int) -> Any:
    """A PIL image in RGB, turned as its camera says; a decoder may scale it down to `least` pixels, which is quicker.

    Raises UnreadableInput for a kind that is not supported or too many pixels; what decoders raise for a damaged file.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image = Image.open(path, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Image.UnidentifiedImageError as error:
        words = "This is no picture, or of a kind that is not supported. Use JPEG, PNG or WebP."
        raise UnreadableInput(words, code="wrong_type") from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_many_pixels()
        if image.format in ("JPEG", "MPO"):
            image.draft(image.mode, (least, least))
        image.load()
        return _rgb(ImageOps.exif_transpose(image))


def _rgb(image: Any) -> Any:
    """Red, green, blue of any picture: 16 bits become 8, what is transparent is white."""
    from PIL import Image

    if image.mode.startswith("I"):
        return Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _too_many_pixels() -> UnreadableInput:
    words = f"A picture may have at most {MAX_PIXELS // 1_000_000} million pixels."
    return UnreadableInput(words, code="too_many_pixels")
