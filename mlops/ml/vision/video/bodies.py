"""All bodies in a frame, and what they wear: colours tell two people apart where places do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.landmarker import Landmarker
from mlops.ml.vision.pose import LANDMARKS
from mlops.ml.vision.video.rows import BODY, LOOK, MAX_BODIES

_SHOULDERS = [LANDMARKS.index(f"{side}_shoulder") for side in ("left", "right")]
_HIPS = [LANDMARKS.index(f"{side}_hip") for side in ("left", "right")]
_KNEES = [LANDMARKS.index(f"{side}_knee") for side in ("left", "right")]
_PATCH_TRUNKS = 0.15
"""Half the side of a patch whose colour is taken, in lengths of the trunk."""


class BodyLandmarker(Landmarker[npt.NDArray[np.float32]]):
    """Pictures → (bodies, 33, 8): at most four, see `rows.BODY`."""

    part = "pose-full"
    _task = "PoseLandmarker"
    _options = {"num_poses": MAX_BODIES}

    def _read(self, result: Any) -> npt.NDArray[np.float32]:
        found = np.zeros((len(result.pose_landmarks), *BODY), np.float32)
        for body, image, world in zip(found, result.pose_landmarks, result.pose_world_landmarks, strict=True):
            body[:, :5] = [(p.x, p.y, p.z, p.visibility, p.presence) for p in image]
            body[:, 5:] = [(p.x, p.y, p.z) for p in world]
        return found[np.isfinite(found).all((1, 2))]


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
