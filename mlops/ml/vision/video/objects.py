"""Things in a frame, behind one shape: YOLO exported to ONNX, or the folder of an object detector for transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.vision.video.yolo import YoloDetector


class ObjectDetector(Protocol):
    """labels: names of classes."""

    labels: tuple[str, ...]

    def find(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(n, 6): class, confidence, left, top, right, bottom as shares of the picture; surest first."""


def object_detector(where: str) -> ObjectDetector:
    """The detector of an ONNX file or of a folder. Raises BadArtifact for anything else."""
    path = Path(where)
    if path.suffix == ".onnx" and path.is_file():
        return YoloDetector(path)
    if (path / "config.json").is_file():
        from mlops.ml.vision.video.transformers_objects import TransformersDetector

        return TransformersDetector(path)
    raise BadArtifact(f"{path.name} is neither an ONNX file nor the folder of an object detector with a config.json")
