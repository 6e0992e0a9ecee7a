"""MediaPipe in the shape of the others: parts of the catalogue, or the network that the library itself carries."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlops.ml.vision.photos import Photo
from mlops.ml.vision.pose import PoseLandmarker
from mlops.ml.vision.pose2d.component import PoseComponent
from mlops.ml.vision.pose2d.found import Pose2D, box_of, nobody
from mlops.ml.vision.video.networks import bundled
from mlops.ml.vision.video.options import BUNDLED

VISIBLE = 0.5


class MediaPipePose(PoseComponent):
    """33 points of the person who stands out most: "pose-lite", "pose-full", "pose-heavy", or "mediapipe"."""

    part, keypoint_set = "pose-full", "mediapipe33"

    @property
    def folder(self) -> Path:
        return bundled() / "pose" if self.model_id == BUNDLED else super().folder

    def _load(self, folder: Path) -> None:
        self._landmarker = PoseLandmarker(folder, self.device, threads=self.threads)
        self._landmarker.load()

    def _close(self) -> None:
        self._landmarker.close()

    def _pose(self, photo: Photo) -> Pose2D:
        size = (photo.shape[1], photo.shape[0])
        (found,) = self._landmarker.find([photo])
        if found is None:
            return nobody(self.by, self.keypoint_set, size)
        points, scores = found.image[:, :2].astype(np.float64) * size, found.image[:, 3].astype(np.float64)
        box = box_of(points, scores, VISIBLE)
        if box is None:
            return nobody(self.by, self.keypoint_set, size)
        inside = box.clip(0, (*size, *size))
        return Pose2D(points, scores, inside, float(scores.mean()), self.by, self.keypoint_set, size)
