"""A clip of somebody who does not exist: the skeleton of `task_generator`, drawn as a body, and its landmarks.

For demonstrations: the film and its features are from one source, so they fit to the pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.task_generator import Points, Video, landmarks, moved

SIDE = 480
"""Width and height of the pictures."""
YAW, SCALE, GROUND = 0.75, 0.235, 0.9
"""Where the camera stands (radians from the front), torso lengths in a picture, and where the feet are."""
_BASE = Fraction(1, 10_000)
_WALL, _FLOOR = (206, 212, 216), (150, 142, 132)
_SKIN, _SHIRT, _TROUSERS, _SHOES, _HAIR = (222, 170, 138), (32, 110, 104), (48, 52, 92), (32, 32, 34), (62, 44, 32)
_FAR = 0.82
"""Brightness of the arm and leg that are turned away."""
_LIMBS = (
    ("hip", "knee", 36, _TROUSERS), ("knee", "ankle", 28, _TROUSERS), ("ankle", "toe", 20, _SHOES),
    ("shoulder", "elbow", 25, _SHIRT), ("elbow", "wrist", 19, _SKIN),
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """t_s (n,); labels, one a frame; pose (n, 33, 8) as `video.rows.BODY`, metres of a torso of half a metre."""

    t_s: npt.NDArray[np.float64]
    labels: list[str]
    pose: npt.NDArray[np.float32]


def draw_clip(path: Path, tasks: Sequence[tuple[str, float]], *, person: int = 5, fps: float = 15.0) -> Drawn:
    """Write an MP4 of these (task, seconds) one after the other; what is in every frame of it."""
    import av

    seconds = sum(length for _task, length in tasks)
    wanted = Video("drawn", person, seconds, fps, tasks, difficulty=0.0)
    labels, t_s, points = moved(wanted, np.random.default_rng([person, 1]), np.random.default_rng([person, 2]))
    t_s = np.arange(len(t_s)) / fps
    seen = {name: _seen(place) for name, place in points.items()}
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=round(fps), options={"preset": "veryfast", "crf": "24", "g": "30"})
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        stream.codec_context.time_base = _BASE
        for n, t in enumerate(t_s):
            picture = av.VideoFrame.from_ndarray(_picture({name: at[n] * SIDE for name, at in seen.items()}), "rgb24")
            picture.pts, picture.time_base = round(float(t) / float(_BASE)), _BASE
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return Drawn(t_s, labels, _pose(points, seen))


def _seen(place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n, 2) shares of the picture."""
    x = place[:, 0] * np.cos(YAW) + place[:, 2] * np.sin(YAW)
    return np.column_stack([0.45 + SCALE * x, GROUND + SCALE * place[:, 1]])


def _pose(points: Points, seen: Points) -> npt.NDArray[np.float32]:
    flat = landmarks(seen)
    hips = (points["left_hip"] + points["right_hip"]) / 2
    world = np.stack([landmarks({name: (at - hips)[:, axes] for name, at in points.items()})
                      for axes in ([0, 1], [2, 1])])  # fmt: skip
    out = np.zeros((*flat.shape[:2], 8))
    out[:, :, :2], out[:, :, 3:5] = flat, 0.95
    out[:, :, 5], out[:, :, 6], out[:, :, 7] = world[0][..., 0], world[0][..., 1], -world[1][..., 0]
    out[:, :, 5:] *= 0.5
    return out.astype(np.float32)


def _picture(at: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIDE, SIDE), _WALL)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, int(0.86 * SIDE), SIDE, SIDE], fill=_FLOOR)
    _side(draw, at, "left", _FAR)
    hips, chest = (at["left_hip"] + at["right_hip"]) / 2, (at["left_shoulder"] + at["right_shoulder"]) / 2
    _limb(draw, chest, chest + 0.5 * (at["nose"] - chest), 24, _SKIN)
    _limb(draw, hips, hips + 0.12 * (chest - hips), 56, _TROUSERS)
    corners = [at["left_shoulder"], at["right_shoulder"], at["right_hip"], at["left_hip"]]
    draw.polygon([tuple(map(float, corner)) for corner in corners], fill=_SHIRT)
    _limb(draw, hips + 0.18 * (chest - hips), chest - 0.08 * (chest - hips), 58, _SHIRT)
    head = chest + 1.1 * (at["nose"] - chest)
    _disc(draw, head - np.array([3, 6]), 29, _HAIR)
    _disc(draw, head + np.array([4, 3]), 25, _SKIN)
    _disc(draw, head + np.array([15, -2]), 3, _HAIR)
    _side(draw, at, "right", 1.0)
    return np.asarray(image)


def _side(draw: Any, at: dict[str, npt.NDArray[np.float64]], side: str, light: float) -> None:
    for first, last, width, colour in _LIMBS:
        shade = tuple(round(light * one) for one in colour)
        _limb(draw, at[f"{side}_{first}"], at[f"{side}_{last}"], width, shade)
    _disc(draw, at[f"{side}_wrist"], 11, tuple(round(light * one) for one in _SKIN))


def _limb(draw: Any, a: npt.NDArray[Any], b: npt.NDArray[Any], width: int, colour: tuple[int, ...]) -> None:
    draw.line([*map(float, (*a, *b))], fill=colour, width=width)
    for end in (a, b):
        _disc(draw, end, width / 2, colour)


def _disc(draw: Any, middle: npt.NDArray[Any], radius: float, colour: tuple[int, ...]) -> None:
    x, y = map(float, middle)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
