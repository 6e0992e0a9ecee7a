"""RTMPose as ONNX: each point as two distributions, along the width and along the height (SimCC).

Input size, names of outputs and bins a pixel are read from the file: outputs (b, points, bins along x) and
(b, points, bins along y), with the same number of bins a pixel in both (Jiang et al. 2023, RTMPose; Li et al. 2022,
SimCC). The person fills a box of the input's shape with a margin of a quarter, as the network was taught.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadShape
from mlops.ml.vision.photos import Image, Photo, photos_of
from mlops.ml.vision.pose2d.component import PoseComponent
from mlops.ml.vision.pose2d.found import Floats, Pose2D, box_of, nobody
from mlops.ml.vision.pose2d.network import OnnxNetwork, Tensor, onnx_in

MARGIN = 1.25
MEAN, SPREAD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
"""Of red, green and blue in ImageNet, as RTMPose was taught."""
UNIT_INPUT = "image"
"""An input of this name takes 0 … 1 and scales by itself, as Qualcomm's exports do; any other takes z-values."""
SETS = {17: "coco17", 133: "wholebody133"}
LEAST_SCORE = 0.3
N_BODY = 17
"""The points of the body itself come first in both sets."""


class RTMPose(PoseComponent):
    """133 points (or 17, as the file has them) of one person.

    >>> RTMPose("/models/RTMPose_Body2d.onnx").poses([pixels])[0].keypoints.shape     # doctest: +SKIP
    (133, 2)

    Without a box it looks twice: at the whole picture, then at where it found the person.
    """

    part, keypoint_set = "rtmpose-body", "wholebody133"
    scaling: ClassVar[str] = ""
    """"unit" or "z" where a file is named against the rule of `UNIT_INPUT`."""

    def poses_in(self, image: Image, boxes: npt.NDArray[np.floating]) -> list[Pose2D]:
        """The person in each box (n, 4): left, top, right, bottom in pixels. Raises as `poses`, and BadShape."""
        self.load()
        boxes = np.asarray(boxes, np.float64)
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise BadShape(f"boxes are (n, 4), not {boxes.shape}")
        photo = photos_of([image])[0]
        return [self._in(photo, box) for box in boxes]

    def _load(self, folder: Path) -> None:
        network = OnnxNetwork(onnx_in(folder), self.device, self.threads)
        name, shape = network.path.name, network.input.shape
        if len(shape) != 4 or shape[1] != 3 or shape[2] is None or shape[3] is None:
            raise BadArtifact(f"{name} must take (b, 3, height, width) of a fixed size, not {shape}")
        self._height, self._width = shape[2], shape[3]
        self._x, self._y, self._bins = simcc_outputs(network.outputs, self._width, self._height, name)
        n_points = network.outputs[self._x].shape[1]
        if n_points not in SETS:
            raise BadArtifact(f"{name} finds {n_points} points; known are 17 and 133")
        self._set = SETS[n_points]
        self._is_unit = (self.scaling or ("unit" if network.input.name == UNIT_INPUT else "z")) == "unit"
        self._network = network

    def _close(self) -> None:
        del self._network

    def _pose(self, photo: Photo) -> Pose2D:
        height, width = photo.shape[:2]
        first = self._in(photo, np.array([0.0, 0.0, width, height]))
        box = box_of(first.keypoints, first.scores, LEAST_SCORE)
        if box is None:
            return nobody(self.by, self._set, (width, height), self._network.device)
        second = self._in(photo, box)
        return second if second.is_found else first

    def _in(self, photo: Photo, box: Floats) -> Pose2D:
        size = (photo.shape[1], photo.shape[0])
        x0, y0, scale = framed(box, self._width, self._height)
        answers = self._network.run(self._pixels(photo, x0, y0, scale))
        points, scores = decoded(answers[self._x][0], answers[self._y][0], self._bins)
        points = points / scale + (x0, y0)
        around = box_of(points, scores, LEAST_SCORE)
        if around is None:
            return nobody(self.by, self._set, size, self._network.device)
        sure = float(scores[:N_BODY].mean())
        return Pose2D(points, scores, around, sure, self.by, self._set, size, self._network.device)

    def _pixels(self, photo: Photo, x0: float, y0: float, scale: float) -> npt.NDArray[np.float32]:
        from PIL import Image as Pillow

        turned = Pillow.fromarray(photo).transform(
            (self._width, self._height), Pillow.Transform.AFFINE, (1 / scale, 0, x0, 0, 1 / scale, y0),
            Pillow.Resampling.BILINEAR,
        )  # fmt: skip
        values = np.asarray(turned, np.float32)
        values = values / 255 if self._is_unit else (values - MEAN) / SPREAD
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def framed(box: Floats, width: int, height: int) -> tuple[float, float, float]:
    """Where the network's input begins in the picture (x, y), and input pixels a pixel of the picture."""
    middle, size = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 1.0) * MARGIN
    wide = max(size[0], size[1] * width / height)
    scale = width / wide
    return float(middle[0] - wide / 2), float(middle[1] - height / scale / 2), float(scale)


def decoded(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], bins: float) -> tuple[Floats, Floats]:
    """Points (n, 2) in pixels of the input, and scores (n,): the highest bin of each axis, the lower of both heights.

    NaN where a network gave none.
    """
    points = np.stack([x.argmax(-1), y.argmax(-1)], -1) / bins
    scores = np.minimum(x.max(-1), y.max(-1)).astype(np.float64)
    known = np.isfinite(scores) & (scores > 0)
    points[~known] = np.nan
    return points, np.where(known, scores, 0.0).clip(0, 1)


def simcc_outputs(outputs: tuple[Tensor, ...], width: int, height: int, name: str) -> tuple[int, int, float]:
    """Which outputs are along x and along y, and bins a pixel. Raises BadArtifact.

    By their lengths; by their names where width and height are the same.
    """
    lengths = [(number, one.shape[2]) for number, one in enumerate(outputs) if len(one.shape) == 3]
    pairs = [
        (a, b, n / width)
        for a, n in lengths
        for b, m in lengths
        if a != b and n and m and n * height == m * width and outputs[a].shape[1] == outputs[b].shape[1]
    ]
    if len(pairs) > 1:
        pairs = [one for one in pairs if outputs[one[0]].name.lower().endswith("x")] or pairs[:1]
    if not pairs:
        raise BadArtifact(f"{name} must answer a distribution along x and one along y for each point (SimCC)")
    return pairs[0]
