"""YOLO-pose exported to ONNX: (1, 3, 640, 640) in, (1, 56, boxes) out: 4 box + confidence + 17 × (x, y, score).

Letterbox and non-maximum suppression are those of the detector of objects.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlops.ml.contract import BadArtifact
from mlops.ml.vision.photos import Photo
from mlops.ml.vision.pose2d.component import PoseComponent
from mlops.ml.vision.pose2d.found import Pose2D, most_prominent, nobody
from mlops.ml.vision.pose2d.network import OnnxNetwork, onnx_in
from mlops.ml.vision.video.yolo import MIN_CONFIDENCE, SIDE, letterbox, non_maximum

N_POINTS = 17
CHANNELS = 4 + 1 + 3 * N_POINTS
MAX_PEOPLE = 20
_BEFORE_NMS = 1000


class YoloPose(PoseComponent):
    """Several people, 17 points each.

    >>> YoloPose("/models/yolov8s-pose.onnx").poses([pixels])[0].box     # doctest: +SKIP
    array([211.4,  32.0, 402.9, 611.8])
    """

    part, keypoint_set = "yolov8s-pose", "coco17"

    def _load(self, folder: Path) -> None:
        network = OnnxNetwork(onnx_in(folder), self.device, self.threads)
        name, shape = network.path.name, network.input.shape
        if len(shape) != 4 or shape[1] not in (3, None) or any(side not in (SIDE, None) for side in shape[2:]):
            raise BadArtifact(f"{name} must take (1, 3, 640, 640), not {shape}")
        answer = network.outputs[0].shape
        if len(answer) != 3 or answer[1] not in (CHANNELS, None):
            raise BadArtifact(f"{name} must answer (1, {CHANNELS}, boxes): 17 points of one class, not {answer}")
        self._network = network

    def _close(self) -> None:
        del self._network

    def _pose(self, photo: Photo) -> Pose2D:
        size = (photo.shape[1], photo.shape[0])
        boxed, scale, left, top = letterbox(photo)
        answer = self._network.run(boxed)[0][0].T
        if answer.ndim != 2 or answer.shape[1] != CHANNELS:
            raise BadArtifact(f"{self._network.path.name} answered {answer.T.shape}, not ({CHANNELS}, boxes)")
        sure = answer[:, 4]
        likely = np.flatnonzero(np.isfinite(answer).all(1) & (sure >= MIN_CONFIDENCE))
        likely = likely[np.argsort(-sure[likely], kind="stable")][:_BEFORE_NMS]
        middle, half = answer[likely, :2], answer[likely, 2:4] / 2
        corners = np.concatenate([middle - half, middle + half], 1)
        kept = non_maximum(corners, np.zeros(len(corners), np.int64))[:MAX_PEOPLE]
        people = []
        for box, row in zip(corners[kept], answer[likely[kept]], strict=True):
            points = row[5:].reshape(N_POINTS, 3).astype(np.float64)
            inside = ((box - (left, top, left, top)) / scale).clip(0, (*size, *size)).astype(np.float64)
            people.append(Pose2D(
                (points[:, :2] - (left, top)) / scale, points[:, 2].clip(0, 1), inside, float(row[4]),
                self.by, self.keypoint_set, size, self._network.device,
            ))  # fmt: skip
        return most_prominent(people) if people else nobody(self.by, self.keypoint_set, size, self._network.device)
