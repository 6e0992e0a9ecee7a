"""Videos of drawn people, written as a camera might write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.drawn_person import HEIGHT, WIDTH, drawn_person

EMPTY = np.full((HEIGHT, WIDTH, 3), (208, 212, 206), np.uint8)
_MATRIX = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""a, b, c, d of a track's display matrix that turns it clockwise by so many degrees."""


def squatting(n: int, period: int = 30) -> list[np.ndarray]:
    """n pictures of a person who goes down and up once in `period` frames."""
    return [drawn_person((1 - np.cos(2 * np.pi * i / period)) / 2) for i in range(n)]


def beside(*pictures: np.ndarray) -> np.ndarray:
    """Pictures side by side as one."""
    return np.ascontiguousarray(np.concatenate(pictures, 1))


def film(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    rate: int = 30,
    stamps_ms: Sequence[int] | None = None,
    codec: str = "libx264",
    turned: int = 0,
    aspect: Fraction | None = None,
    sound: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video.

    stamps_ms  presentation times in milliseconds; by default even ones
    turned     MP4 only: degrees clockwise by which a player must turn the pictures, which are stored turned back
    aspect     width by height of a stored pixel
    """
    stored = [np.ascontiguousarray(np.rot90(one, turned // 90)) for one in pictures]
    index_first = {"movflags": "faststart"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=index_first) as file:
        stream = file.add_stream(codec, rate=rate, options=options or _options(codec))
        stream.height, stream.width = stored[0].shape[:2]
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        base = Fraction(1, 1000) if stamps_ms is not None else Fraction(1, rate)
        stream.codec_context.time_base = base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        hum = _hum(file) if sound else None
        for number, picture in enumerate(stored):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if stamps_ms is None else stamps_ms[number]
            frame.time_base = base
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if hum is not None:
            hum()
    if turned:
        path.write_bytes(_with_matrix(path.read_bytes(), turned))
    return path


def _options(codec: str) -> dict[str, str]:
    return {"qp": "0", "preset": "ultrafast", "g": "15"} if codec == "libx264" else {}


def _hum(file):
    stream = file.add_stream("aac", rate=16_000)

    def write() -> None:
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode())

    return write


def _with_matrix(data: bytes, turned: int) -> bytes:
    """The same MP4 with another display matrix in its track's header (ISO 14496-12, 8.3.2)."""
    at = data.index(b"tkhd") + 4 + (52 if data[data.index(b"tkhd") + 4] else 40)
    a, b, c, d = (value * 0x10000 for value in _MATRIX[turned])
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    return data[:at] + matrix + data[at + 36 :]
