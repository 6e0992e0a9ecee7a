"""All bodies in a frame, and what they wear: colours tell two people apart where places do not."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.landmarker import Landmarker, Stream
from mlops.ml.vision.pose import LANDMARKS
from mlops.ml.vision.video.rows import BODY, LOOK, MAX_BODIES

_SHOULDERS = [LANDMARKS.index(f"{side}_shoulder") for side in ("left", "right")]
_HIPS = [LANDMARKS.index(f"{side}_hip") for side in ("left", "right")]
_KNEES = [LANDMARKS.index(f"{side}_knee") for side in ("left", "right")]
_LIMBS = tuple(
    tuple(LANDMARKS.index(f"{side}_{part}") for part in parts)
    for side in ("left", "right")
    for parts in (("shoulder", "elbow", "wrist", "index"), ("hip", "knee", "ankle", "foot_index"))
)
LOOKED_EVERY_MS, SOMEBODY_LEFT_MS, ALONE_MS = 500, 200, 1500
"""How often others are looked for; more often while there are fewer than there were, less often after `ALONE_LOOKS`
looks in a row that found nobody beside one sure body: a look takes as long as one and a half frames."""
ALONE_LOOKS = 4
TWICE_TRUNKS = 0.35
"""Two bodies in one frame whose trunks are closer than this are one person, found twice."""
SURE_VISIBILITY = 0.5
"""Mean of all landmarks of a body that is followed beside others."""
PAINTED_TRUNKS = 0.5
"""How wide limbs are painted over, in lengths of the trunk; half the size of a head, too."""
_PATCH_TRUNKS = 0.15
"""Half the side of a patch whose colour is taken, in lengths of the trunk."""


class BodyLandmarker(Landmarker[npt.NDArray[np.float32]]):
    """Pictures → (0 or 1, 33, 8), see `rows.BODY`."""

    part = "pose-full"
    _task = "PoseLandmarker"
    _options = {"num_poses": 1}

    def _read(self, result: Any) -> npt.NDArray[np.float32]:
        found = np.zeros((len(result.pose_landmarks), *BODY), np.float32)
        for body, image, world in zip(found, result.pose_landmarks, result.pose_world_landmarks, strict=True):
            body[:, :5] = [(p.x, p.y, p.z, p.visibility, p.presence) for p in image]
            body[:, 5:] = [(p.x, p.y, p.z) for p in world]
        return found[np.isfinite(found).all((1, 2))]


class BodyFinder:
    """Bodies in the frames of one segment, each followed by a stream of its own.

    The library can look for several people at once, but gives one of two who stand close together, now this one, now
    the other. So the first stream looks for anybody; now and then those who are known are painted over, and whoever
    is found then gets another stream. A stream that loses its body is closed. For one thread.
    """

    def __init__(self, landmarker: BodyLandmarker) -> None:
        self._landmarker = landmarker
        self._streams: list[Stream[npt.NDArray[np.float32]]] = [landmarker.stream()]
        self._looked_ms: int | None = None
        self._most = 0
        self._looks_alone = 0

    def find(self, rgb: npt.NDArray[np.uint8], t_ms: int) -> npt.NDArray[np.float32]:
        """(bodies, 33, 8) of the next frame, at `t_ms` milliseconds, later than the one before."""
        size = (rgb.shape[1], rgb.shape[0])
        bodies: list[npt.NDArray[np.float32]] = []
        for stream in list(self._streams):
            found = stream.find(rgb, t_ms / 1000)
            if len(found) and not _known(found[0], bodies, size):
                bodies.append(found[0])
            elif stream is not self._streams[0]:
                self._streams.remove(stream)
                stream.close()
        if self._looked_ms is None or t_ms - self._looked_ms >= self._every_ms(len(bodies)):
            self._looked_ms = t_ms
            followed = len(self._streams)
            self._look_for_more(rgb, t_ms, bodies, size)
            is_alone = followed == len(self._streams) == 1 and bool(bodies) and _is_sure(bodies[0])
            self._looks_alone = self._looks_alone + 1 if is_alone else 0
        self._most = max(self._most, len(bodies))
        return np.stack(bodies) if bodies else np.zeros((0, *BODY), np.float32)

    def _every_ms(self, n_bodies: int) -> int:
        if n_bodies < self._most:
            return SOMEBODY_LEFT_MS
        return ALONE_MS if self._looks_alone >= ALONE_LOOKS else LOOKED_EVERY_MS

    def _look_for_more(
        self, rgb: npt.NDArray[np.uint8], t_ms: int, bodies: list[npt.NDArray[np.float32]], size: tuple[int, int]
    ) -> None:
        while bodies and len(bodies) < MAX_BODIES and len(self._streams) < MAX_BODIES:
            rest = _without(rgb, bodies)
            (found,) = self._landmarker.find([rest])
            if not len(found) or not _is_sure(found[0]) or _known(found[0], bodies, size):
                return
            self._streams.append(self._landmarker.stream())
            followed = self._streams[-1].find(rest, t_ms / 1000)
            bodies.extend(followed if len(followed) else found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in self._streams:
            stream.close()


def trunk_of(points: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Middle and length of trunks (…, 33, 2): from the middle of the shoulders to that of the hips."""
    shoulders, hips = points[..., _SHOULDERS, :].mean(-2), points[..., _HIPS, :].mean(-2)
    return (shoulders + hips) / 2, np.linalg.norm(shoulders - hips, axis=-1)


def _is_sure(body: npt.NDArray[np.float32]) -> bool:
    return bool(body[:, 3].mean() >= SURE_VISIBILITY)


def _known(body: npt.NDArray[np.float32], others: list[npt.NDArray[np.float32]], size: tuple[int, int]) -> bool:
    middle, length = trunk_of(body[:, :2] * size)
    for other in others:
        near, its_length = trunk_of(other[:, :2] * size)
        if np.linalg.norm(middle - near) < TWICE_TRUNKS * max(length, its_length):
            return True
    return False


def _without(rgb: npt.NDArray[np.uint8], bodies: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.uint8]:
    """The picture with bodies painted over in its mean colour."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    r, g, b = (int(one) for one in rgb[::8, ::8].reshape(-1, 3).mean(0))
    for body in bodies:
        points = body[:, :2] * (rgb.shape[1], rgb.shape[0])
        width = max(8, int(PAINTED_TRUNKS * trunk_of(points)[1]))
        for line in (*_LIMBS, (*_SHOULDERS, *_HIPS[::-1], _SHOULDERS[0])):
            draw.line([tuple(points[one]) for one in line], fill=(r, g, b), width=width, joint="curve")
        draw.polygon([tuple(points[one]) for one in (*_SHOULDERS, *_HIPS[::-1])], fill=(r, g, b))
        x, y = points[0]
        draw.ellipse([x - width, y - width, x + width, y + width], fill=(r, g, b))
    return np.asarray(image)


def look_of(rgb: npt.NDArray[np.uint8], body: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(6,) mean colour of the trunk and of the thighs of a body (33, 8), 0 … 1; 0.5 where they are outside."""
    points = body[:, :2] * (rgb.shape[1], rgb.shape[0])
    shoulders, hips, knees = points[_SHOULDERS], points[_HIPS], points[_KNEES]
    half = max(1.0, _PATCH_TRUNKS * float(np.linalg.norm(shoulders.mean(0) - hips.mean(0))))
    look = np.full(LOOK, 0.5, np.float32)
    look[:3] = _colour(rgb, [(shoulders.mean(0) + hips.mean(0)) / 2], half)
    look[3:] = _colour(rgb, list((hips + knees) / 2), half / 2)
    return look


def _colour(rgb: npt.NDArray[np.uint8], middles: list[npt.NDArray[Any]], half: float) -> npt.NDArray[Any]:
    found = []
    for x, y in middles:
        left, right, top, bottom = (max(0, int(one)) for one in (x - half, x + half + 1, y - half, y + half + 1))
        patch = rgb[top:bottom, left:right]
        if patch.size:
            found.append(patch.reshape(-1, 3).mean(0) / 255)
    return np.mean(found, 0) if found else np.full(3, 0.5)
