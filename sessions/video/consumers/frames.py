"""What a camera page may send: a greeting as JSON, then poses in binary. The format stands in docs/videos.md."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.task_live import POSE
from mlops.ml.vision.task_smoothing import SMOOTHINGS

MAGIC = b"FBP1"
HEADER = struct.Struct("<4sI")
"""Little-endian: "FBP1", number of frames (uint32); then their times (float64 seconds), then for each 33 points of
x, y (shares of width and height), z and visibility (float32), all NaN where nobody is in view."""
_FRAME_BYTES = 8 + 4 * POSE[0] * POSE[1]
MAX_AT_ONCE = 100
MAX_SIDE, MAX_NAME = 16_384, 200
MAX_T_S = 7 * 24 * 3600.0
FAR = 50.0
"""Pictures beyond which no landmark can lie."""
_HELLO = {"model": "", "smoothing": "ema", "width": 640, "height": 480}


class BadPoses(Exception):
    """A message that cannot be used; `reason` is for programs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class LiveHello:
    """model: empty for captions alone; size: width and height of the pictures."""

    model: str
    smoothing: str
    size: tuple[int, int]


def parse_event(text: str | None) -> tuple[str, Any]:
    """(event, data) of a JSON message. Raises BadPoses."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        raise BadPoses("not_json") from None
    event = message.get("event") if isinstance(message, Mapping) else None
    if not isinstance(event, str):
        raise BadPoses("no_event")
    return event, message.get("data")


def read_hello(body: Any) -> LiveHello:
    """Raises BadPoses."""
    if not isinstance(body, Mapping) or set(body) - set(_HELLO):
        raise BadPoses("bad_hello")
    told: dict[str, Any] = {**_HELLO, **body}
    sides = told["width"], told["height"]
    if any(type(side) is not int or not 1 <= side <= MAX_SIDE for side in sides):
        raise BadPoses("bad_size")
    if told["smoothing"] not in SMOOTHINGS or not isinstance(told["model"], str) or len(told["model"]) > MAX_NAME:
        raise BadPoses("bad_hello")
    return LiveHello(told["model"], told["smoothing"], sides)


def read_poses(data: bytes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """(n,) seconds and (n, 33, 4) poses of a binary message. Raises BadPoses."""
    if len(data) < HEADER.size:
        raise BadPoses("too_short")
    magic, n = HEADER.unpack_from(data)
    if magic != MAGIC or not 1 <= n <= MAX_AT_ONCE or len(data) != HEADER.size + n * _FRAME_BYTES:
        raise BadPoses("bad_frame")
    t_s = np.frombuffer(data, "<f8", n, HEADER.size).astype(np.float64)
    pose = np.frombuffer(data, "<f4", offset=HEADER.size + 8 * n).reshape(n, *POSE).astype(np.float32)
    if not (np.isfinite(t_s).all() and (np.abs(t_s) <= MAX_T_S).all()):
        raise BadPoses("bad_time")
    whole = np.isfinite(pose).all((1, 2))
    pose[~whole] = np.nan  # nobody, or not wholly told
    if (np.abs(pose[whole]) > FAR).any():
        raise BadPoses("bad_point")
    return t_s, pose
