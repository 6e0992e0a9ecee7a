"""A copy of a clip with what a form report says drawn over it: the body, one angle, repetitions and their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.limited import in_child
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.frames import Frame
from mlops.ml.vision.video.preview import limits_of, write_copy

LIMBS = (
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (23, 25), (25, 27), (24, 26),
    (26, 28), (27, 29), (29, 31), (27, 31), (28, 30), (30, 32), (28, 32),
)  # fmt: skip
LEAST_SEEN = 0.3
NEAR_S = 0.1
"""A frame that lies further from every known one has no body drawn."""
_LIMB, _JOINT, _TEXT, _BEHIND = (148, 220, 60), (255, 255, 255), (255, 255, 255), (20, 24, 16)


@dataclass(frozen=True)
class RepetitionMark:
    """title: from start_s on; score: from end_s on, beside the title."""

    start_s: float
    end_s: float
    title: str
    score: str


@dataclass(frozen=True)
class Marks:
    """What is drawn.

    t_s      (n,) seconds of the known frames, rising
    points   (n, 33, 3) x and y as shares of the picture, visibility; NaN where nobody is
    angle    (n,) degrees, written at the landmark `at`; NaN where it is not known
    title    in the corner all the time
    """

    t_s: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    angle: npt.NDArray[np.float64]
    at: int
    title: str
    repetitions: tuple[RepetitionMark, ...]


def annotated_of(
    path: Path, facts: VideoFacts, marks: Marks, target: Path, on_frames: Callable[[int], None]
) -> None:
    """Write the copy in a limited child; `on_frames` hears of frames done and may raise. Raises UnreadableInput."""
    in_child(write_annotated, limits_of(facts))(path, facts, marks, target, on_frames=on_frames)


def write_annotated(
    path: Path, facts: VideoFacts, marks: Marks, target: Path, on_frames: Callable[[int], None]
) -> None:
    """For the child."""
    write_copy(path, facts, target, on_frames, lambda frame: drawn(frame, float(facts.t_s[frame.number]), marks))


def drawn(frame: Frame, t_s: float, marks: Marks) -> npt.NDArray[np.uint8]:
    """The picture of a frame with its marks."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(frame.rgb)
    pen = ImageDraw.Draw(image)
    size = max(14, min(image.size) // 18)
    font = ImageFont.load_default(size)
    near = int(np.abs(marks.t_s - t_s).argmin()) if len(marks.t_s) else -1
    if near >= 0 and abs(marks.t_s[near] - t_s) <= NEAR_S:
        _body(pen, marks.points[near] * (image.width, image.height, 1.0), max(2, size // 8))
        x, y, seen = marks.points[near, marks.at] * (image.width, image.height, 1.0)
        if np.isfinite(marks.angle[near]) and seen >= LEAST_SEEN:
            _words(pen, (x + size / 2, y - size / 2), f"{marks.angle[near]:.0f}°", font)
    _words(pen, (size / 2, size / 2), marks.title, font)
    begun = [one for one in marks.repetitions if one.start_s <= t_s]
    if begun:
        last = begun[-1]
        _words(pen, (size / 2, 2.2 * size), f"{last.title}  {last.score}" if t_s >= last.end_s else last.title, font)
    return np.asarray(image)


def _body(pen: Any, points: npt.NDArray[np.float64], width: int) -> None:
    seen = np.isfinite(points).all(1) & (points[:, 2] >= LEAST_SEEN)
    for a, b in LIMBS:
        if seen[a] and seen[b]:
            pen.line([tuple(points[a, :2]), tuple(points[b, :2])], fill=_LIMB, width=width)
    for joint in sorted({joint for limb in LIMBS for joint in limb}):
        if seen[joint]:
            x, y = points[joint, :2]
            pen.ellipse([x - width, y - width, x + width, y + width], fill=_JOINT)


def _words(pen: Any, place: tuple[float, float], text: str, font: Any) -> None:
    """Light words on a dark ground, whatever the picture."""
    left, top, right, bottom = pen.textbbox(place, text, font=font)
    pen.rectangle([left - 6, top - 4, right + 6, bottom + 4], fill=_BEHIND)
    pen.text(place, text, font=font, fill=_TEXT)
