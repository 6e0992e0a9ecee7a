"""Photos from anywhere as arrays. Bytes and files are a stranger's: a limited child reads them, a few at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, BadValue, UnreadableInput
from mlops.ml.limited import Limits, each_in_child
from mlops.ml.vision.photo_decoding import CROP, MOST, Refused, decode_photos, middle_square

__all__ = ["CROP", "MOST", "Image", "Photo", "crops_of", "photos_of", "without_paths"]

Image = bytes | str | Path | npt.NDArray[Any]
"""The content of a file, where it lies, or pixels (height, width, 3) as uint8: red, green, blue."""
Photo = npt.NDArray[np.uint8]
MAX_BYTES = 64 * 2**20
READING = Limits(memory_mib=768, cpu_s=60, wall_s=120, file_mib=1)
EACH_S = 2.0
"""Added to the limits for every photo after the first."""


def crops_of(images: Sequence[Image]) -> npt.NDArray[np.uint8]:
    """(n, 224, 224, 3): of each photo the middle square, as image models take it.

    Raises UnreadableInput for the first that is damaged, no picture or too large, BadShape and BadValue for arrays.
    """
    found = _read(images, crop=True)
    return np.stack(found) if found else np.zeros((0, CROP, CROP, 3), np.uint8)


def photos_of(images: Sequence[Image]) -> list[Photo]:
    """Whole photos (height, width, 3), at most 1,280 pixels long; arrays stay as they are. Raises as `crops_of`."""
    return _read(images, crop=False)


def without_paths(inputs: Sequence[Image]) -> Sequence[Image]:
    """The same pictures, none of them a path: what comes through the models server names no files of this machine.

    Raises BadValue.
    """
    if any(isinstance(one, str | Path) for one in inputs):
        raise BadValue("pictures are sent as bytes or pixels, not as paths")
    return inputs


def _read(images: Sequence[Image], *, crop: bool) -> list[Photo]:
    found: dict[int, Photo] = {}
    foreign: dict[int, bytes | str | Path] = {}
    for number, image in enumerate(images):
        if isinstance(image, bytes | str | Path):
            foreign[number] = image
        else:
            found[number] = _cropped(_checked(image)) if crop else _checked(image)
    if foreign:
        with _files(list(foreign.values())) as paths:
            found |= zip(foreign, _decoded(paths, crop), strict=True)
    return [found[number] for number in range(len(images))]


def _decoded(paths: list[Path], crop: bool) -> list[Photo]:
    photos: list[Photo] = []

    def told(number: int, photo: npt.NDArray[np.uint8] | Refused | UnreadableInput) -> None:
        if isinstance(photo, Refused):
            photo = UnreadableInput(photo.text, code=photo.code)
        if isinstance(photo, UnreadableInput):
            raise photo
        photos.append(photo)

    more_s = int(EACH_S * len(paths))
    limits = replace(READING, cpu_s=READING.cpu_s + more_s, wall_s=READING.wall_s + more_s)
    each_in_child(decode_photos, limits, paths, told, crop=crop)
    return photos


def _checked(image: Any) -> Photo:
    if not isinstance(image, np.ndarray):
        raise BadValue(f"a picture is bytes, a path or an array, not {type(image).__name__}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise BadShape(f"pixels must be (height, width, 3), not {image.shape}")
    if image.dtype != np.uint8:
        raise BadValue(f"pixels must be uint8, from 0 to 255, not {image.dtype}")
    return np.ascontiguousarray(image)


def _cropped(image: Photo) -> Photo:
    from PIL.Image import fromarray

    return middle_square(fromarray(image))


@contextmanager
def _files(given: Sequence[bytes | str | Path]) -> Iterator[list[Path]]:
    """Every one as a file: bytes are written to a folder that goes afterwards. Raises UnreadableInput."""
    with tempfile.TemporaryDirectory(prefix="fitbalance-photos-") as folder:
        paths = []
        for number, one in enumerate(given):
            if isinstance(one, bytes):
                path = Path(folder, str(number))
                path.write_bytes(one[: MAX_BYTES + 1])
            else:
                path = Path(one)
            if not path.is_file():
                raise UnreadableInput(f"{path.name} is not there", code="missing")
            if path.stat().st_size > MAX_BYTES:
                raise UnreadableInput(f"A picture may take at most {MAX_BYTES // 2**20} MB.", code="too_large")
            paths.append(path)
        yield paths
