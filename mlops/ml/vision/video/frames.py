"""Upright pictures of a stretch of frames, decoded in a thread beside the inference. Called in a limited child."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.video.facts import VideoFacts, opened, readable, upright_size

MAX_SIDE = 1280
"""Pixels of the longer side of a picture that networks look at; larger ones are scaled down."""
AHEAD = 4
"""Pictures that wait decoded."""


@dataclass(frozen=True)
class Stretch:
    """Frames first … last − 1 of a video, every n-th by its number in the video."""

    first: int
    last: int
    every: int = 1

    @property
    def numbers(self) -> range:
        begin = -(-self.first // self.every) * self.every
        return range(begin, self.last, self.every)


@dataclass(frozen=True)
class Frame:
    """number: in the video; rgb: (height, width, 3) uint8, upright, with square pixels."""

    number: int
    rgb: npt.NDArray[np.uint8]


def frames_of(path: Path, facts: VideoFacts, stretch: Stretch) -> Iterator[Frame]:
    """The stretch's frames in their order, as far as they can be decoded. Raises UnreadableInput."""
    wanted = stretch.numbers
    if not wanted:
        return
    with opened(path) as (file, stream):
        for number, frame in _numbered(file, stream, facts, wanted[0]):
            if number >= wanted.stop:
                return
            if number in wanted:
                yield Frame(number, _upright(stream, frame))


def decoded_ahead(path: Path, facts: VideoFacts, stretch: Stretch) -> Iterator[Frame]:
    """The same, decoded by another thread while the caller works."""
    waiting: queue.Queue[Frame | BaseException | None] = queue.Queue(AHEAD)
    over = threading.Event()

    def put(item: Frame | BaseException | None) -> None:
        while not over.is_set():
            try:
                return waiting.put(item, timeout=0.2)
            except queue.Full:
                continue

    def decode() -> None:
        try:
            for frame in frames_of(path, facts, stretch):
                put(frame)
                if over.is_set():
                    return
            put(None)
        except BaseException as error:  # raised again where the frames are taken
            put(error)

    thread = threading.Thread(target=decode, name="decode", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        over.set()
        thread.join()


def _numbered(file: Any, stream: Any, facts: VideoFacts, first: int) -> Iterator[tuple[int, Any]]:
    """Frames with their numbers from a key frame before `first`, or from the beginning where none is found."""
    if not len(facts.stamps):
        yield from enumerate(_decoded(file, stream))
        return
    if first:
        file.seek(int(facts.stamps[first]), stream=stream)
    frames = _decoded(file, stream)
    begun = next(frames, None)
    if first and (begun is None or begun.pts is None or begun.pts > facts.stamps[first]):
        file.seek(int(facts.stamps[0]), stream=stream)
        frames = _decoded(file, stream)
        begun = next(frames, None)
    while begun is not None:
        number = int(np.searchsorted(facts.stamps, begun.pts)) if begun.pts is not None else len(facts.stamps)
        if number < len(facts.stamps) and facts.stamps[number] == begun.pts:
            yield number, begun
        begun = next(frames, None)


def _decoded(file: Any, stream: Any) -> Iterator[Any]:
    """Frames; a damaged packet costs the frames that hang on it, and the rest is read."""
    import av

    for packet in readable(file.demux(stream)):
        broke_off = isinstance(packet, Exception)
        if not broke_off and packet.is_corrupt:
            continue
        try:
            yield from stream.codec_context.decode(None) if broke_off else packet.decode()
        except (av.FFmpegError, ValueError):
            continue


def _upright(stream: Any, frame: Any) -> npt.NDArray[np.uint8]:
    width, height = upright_size(stream, frame)
    scale = min(1.0, MAX_SIDE / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    turns = round(frame.rotation / 90) % 4
    stored = (height, width) if turns % 2 else (width, height)
    rgb = frame.reformat(width=stored[0], height=stored[1], format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, turns))
