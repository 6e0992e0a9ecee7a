"""A stranger's photo as the site keeps it: upright, without what the camera wrote into it, no larger than is of use."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.photo_decoding import DAMAGED, upright_photo

LONGEST = 1500
"""Pixels of the longer side of a kept photo. The middle square of 7/8 of it is then scaled in one step (PIL scales in
two from six times the target on)."""
THUMBNAIL = 400
QUALITY = 90
READING = Limits(memory_mib=768, cpu_s=30, wall_s=60, file_mib=1, answer_mib=32)


@dataclass(frozen=True)
class KeptPhoto:
    """Two JPEG files, the photo (width × height pixels) and a small copy of it. Colours are at full resolution, so that
    decoders agree about every pixel."""

    width: int
    height: int
    photo: bytes
    thumbnail: bytes


def photo_kept(path: Path) -> KeptPhoto:
    """Read a file in a limited child.

    Raises UnreadableInput: `wrong_type`, `too_many_pixels`, `too_large` (it needs too much to be read),
    `unreadable_media` for a damaged one.
    """
    return in_child(photo_kept_here, READING)(path)


def photo_kept_here(path: Path) -> KeptPhoto:
    """The same in this process: what the child does. Raises UnreadableInput."""
    try:
        image = upright_photo(path, LONGEST)
        image.thumbnail((LONGEST, LONGEST), reducing_gap=3.0)
        small = image.copy()
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        return KeptPhoto(image.width, image.height, _jpeg(image), _jpeg(small))
    except (UnreadableInput, MemoryError):
        raise
    except Exception as error:  # decoders raise many unrelated types for a damaged file
        raise UnreadableInput(DAMAGED, code="unreadable_media") from error


def _jpeg(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=0, exif=b"", icc_profile=None)
    return out.getvalue()
