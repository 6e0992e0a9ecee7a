"""A model of the library ultralytics that its caller has opened, in the caller's own environment.

The library is AGPL-3.0 and opens pickles, so FitBalance neither brings it nor opens its files:

    from ultralytics import YOLO
    PosePipeline(yolo=YOLO("yolov8s-pose.pt")).infer_2d(image)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops.ml.vision.photos import Photo
from mlops.ml.vision.pose2d.component import PoseComponent
from mlops.ml.vision.pose2d.found import Pose2D, most_prominent, nobody


class UltralyticsPose(PoseComponent):
    """Calls `model(bgr, verbose=False)` and reads boxes and keypoints of the first result."""

    part, keypoint_set = "yolov8s-pose", "coco17"

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model

    @property
    def by(self) -> str:
        return f"ultralytics:{getattr(self._model, 'model_name', '') or self.part}"

    def load(self) -> None:
        """It is open already."""

    def _pose(self, photo: Photo) -> Pose2D:
        size = (photo.shape[1], photo.shape[0])
        result = self._model(np.ascontiguousarray(photo[:, :, ::-1]), verbose=False)[0]
        device = "cuda" if "cuda" in str(getattr(self._model, "device", "cpu")) else "cpu"
        people = []
        if result.boxes is not None and result.keypoints is not None:
            boxes, sure = _array(result.boxes.xyxy), _array(result.boxes.conf)
            points = _array(result.keypoints.xy)
            scores = np.ones(points.shape[:2]) if result.keypoints.conf is None else _array(result.keypoints.conf)
            people = [
                Pose2D(p, s.clip(0, 1), b, float(c), self.by, self.keypoint_set, size, device)
                for p, s, b, c in zip(points, scores, boxes, sure, strict=True)
            ]
        return most_prominent(people) if people else nobody(self.by, self.keypoint_set, size, device)


def _array(values: Any) -> Any:
    """A tensor, wherever it lies, as an array."""
    found = values.cpu().numpy() if hasattr(values, "cpu") else values
    return np.asarray(found, np.float64)
