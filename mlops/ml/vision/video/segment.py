"""What the limited child does with segments: decode, find bodies, hands and objects, tell of a few frames at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.video.bodies import BodyFinder, BodyLandmarker, look_of
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.frames import Frame, Stretch, decoded_ahead
from mlops.ml.vision.video.hands_near import HandFinder
from mlops.ml.vision.video.memory import give_back, share_one_arena
from mlops.ml.vision.video.networks import Networks
from mlops.ml.vision.video.objects import ObjectDetector, object_detector
from mlops.ml.vision.video.rows import BODY, HANDS, LOOK, Rows

TOLD_AT_ONCE = 32
"""Frames whose rows travel together, at most."""
TOLD_EVERY_S = 1.0


@dataclass(frozen=True)
class Segment:
    """Frames warm_up … first − 1 only prepare what follows bodies over time; rows are made of first … last − 1."""

    warm_up: int
    first: int
    last: int
    every: int

    @property
    def n_rows(self) -> int:
        return len(Stretch(self.first, self.last, self.every).numbers)


def read_segments(
    segments: Sequence[Segment],
    on_each: Callable[[int, tuple[str, ...]], None],
    on_rows: Callable[[int, Rows], None],
    path: Path,
    facts: VideoFacts,
    networks: Networks,
) -> None:
    """Tell of the rows of each segment by its place in the list, and at its end of the names of objects' classes.

    Raises UnreadableInput, BadArtifact.
    """
    share_one_arena()
    bodies = BodyLandmarker(networks.pose) if networks.pose else None
    hands = HandFinder(networks.hands) if networks.hands else None
    objects = object_detector(networks.objects) if networks.objects else None
    for place, segment in enumerate(segments):
        waiting: list[_Found] = []
        told_at = time.monotonic()
        for found in _found(path, facts, segment, bodies, hands, objects):
            waiting.append(found)
            if len(waiting) == TOLD_AT_ONCE or time.monotonic() - told_at > TOLD_EVERY_S:
                on_rows(place, _rows(waiting))
                waiting, told_at = [], time.monotonic()
        if waiting:
            on_rows(place, _rows(waiting))
        give_back()
        on_each(place, () if objects is None else objects.labels)


def _found(
    path: Path,
    facts: VideoFacts,
    segment: Segment,
    bodies: BodyLandmarker | None,
    hands: HandFinder | None,
    objects: ObjectDetector | None,
) -> Iterator[_Found]:
    """What is in each frame of a segment; what follows bodies begins anew with it."""
    stretch = Stretch(segment.warm_up, segment.last, segment.every)
    last_ms = -1
    with BodyFinder(bodies) if bodies is not None else nullcontext() as finder:
        for frame in decoded_ahead(path, facts, stretch):
            found = _Found(frame.number)
            if finder is not None:
                last_ms = max(last_ms + 1, int(1000 * facts.t_s[frame.number]))
                found.bodies = finder.find(frame.rgb, last_ms)
            if frame.number < segment.first:
                continue
            found.hands = np.full((len(found.bodies), *HANDS), np.nan, np.float32)
            if hands is not None:
                _find_hands(found, frame, hands)
            found.looks = _stacked([look_of(frame.rgb, body) for body in found.bodies], (LOOK,))
            if objects is not None:
                found.objects = objects.find(frame.rgb)
            yield found


class _Found:
    def __init__(self, number: int) -> None:
        self.number = number
        self.bodies = np.zeros((0, *BODY), np.float32)
        self.hands = np.zeros((0, *HANDS), np.float32)
        self.looks = np.zeros((0, LOOK), np.float32)
        self.free_hands = np.full(HANDS, np.nan, np.float32)
        self.objects = np.zeros((0, 6), np.float32)


def _find_hands(found: _Found, frame: Frame, hands: HandFinder) -> None:
    for number, body in enumerate(found.bodies):
        found.hands[number] = hands.near(frame.rgb, body)
    if not len(found.bodies):
        found.free_hands = hands.anywhere(frame.rgb)


def _stacked(items: list[npt.NDArray[np.float32]], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    return np.stack(items) if items else np.zeros((0, *shape), np.float32)


def _rows(waiting: list[_Found]) -> Rows:
    def all_of(name: str) -> npt.NDArray[np.float32]:
        return np.concatenate([getattr(one, name) for one in waiting]).astype(np.float32)

    return Rows(
        number=np.array([one.number for one in waiting], np.int64),
        n_bodies=np.array([len(one.bodies) for one in waiting], np.int64),
        bodies=all_of("bodies"),
        hands=all_of("hands"),
        looks=all_of("looks"),
        free_hands=np.stack([one.free_hands for one in waiting]).astype(np.float32),
        n_objects=np.array([len(one.objects) for one in waiting], np.int64),
        objects=all_of("objects"),
    )
