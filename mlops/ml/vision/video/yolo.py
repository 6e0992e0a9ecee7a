"""YOLO as an ONNX file: (1, 3, side, side) in, usually 640; (1, 84, 8400) or the like out, 4 box + one score a class.

A file for poses gives (1, 56, 8400): 4 box + confidence + 17 × 3; its boxes are people. Letterbox and non-maximum
suppression are done here.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.foreign import MAX_MODEL_BYTES
from mlops.ml.vision.video.coco import COCO_LABELS
from mlops.ml.vision.video.rows import MAX_OBJECTS

Floats = npt.NDArray[np.float32]
SIDE = 640
SIDES = range(160, 1281, 32)
"""Pixels that the picture a network takes may be wide and high."""
MIN_CONFIDENCE = 0.25
CONFIDENCE_KEY = "least_confidence"
"""Of a JSON list in the file's own facts: from which confidence a box of each class is kept."""
MAX_OVERLAP = 0.45
_GREY = 114
_POSE_CHANNELS = 4 + 1 + 17 * 3
_BEFORE_NMS = 1000
_WEAKEST = 0.02


class YoloDetector:
    """Raises BadArtifact where the file is no such network.

    keep_all  answer weak boxes, too: to measure it; `kept_from` (classes,) says which it would keep
    """

    def __init__(self, path: Path, *, keep_all: bool = False) -> None:
        import onnxruntime

        if path.stat().st_size > MAX_MODEL_BYTES:
            raise BadArtifact(f"a model may have at most {MAX_MODEL_BYTES // 2**20} MiB")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            (given,), (answer,) = self._session.get_inputs(), self._session.get_outputs()
            n_channels = int(answer.shape[1])
            facts = self._session.get_modelmeta().custom_metadata_map
        except Exception as error:  # the library raises many unrelated types for a foreign file
            raise BadArtifact(f"{path.name} is not a YOLO network in ONNX") from error
        side = given.shape[-1]
        if list(given.shape[1:]) != [3, side, side] or side not in SIDES or n_channels < 5 or len(answer.shape) != 3:
            raise BadArtifact(f"{path.name} must take (1, 3, 640, 640) and answer (1, 4 + classes, boxes)")
        self._input, self._side = given.name, int(side)
        named = facts.get("names", "")
        is_pose = n_channels == _POSE_CHANNELS and ("kpt_shape" in facts or not named)
        self.labels = ("person",) if is_pose else _labels(named, n_channels - 4)
        self.kept_from = _confidences(facts.get(CONFIDENCE_KEY, ""), len(self.labels))
        self._least = np.full_like(self.kept_from, _WEAKEST) if keep_all else self.kept_from

    def find(self, rgb: npt.NDArray[np.uint8]) -> Floats:
        """(n, 6): class, confidence, left, top, right, bottom as shares of the picture; surest first."""
        height, width = rgb.shape[:2]
        boxed, scale, left, top = letterbox(rgb, self._side)
        answer = np.asarray(self._session.run(None, {self._input: boxed})[0][0], np.float32).T
        scores = answer[:, 4 : 4 + len(self.labels)]
        best = scores.argmax(1)
        sure = scores[np.arange(len(scores)), best]
        likely = np.flatnonzero(np.isfinite(answer[:, :4]).all(1) & (sure >= self._least[best]))
        likely = likely[np.argsort(-sure[likely], kind="stable")][:_BEFORE_NMS]
        middle, half = answer[likely, :2], answer[likely, 2:4] / 2
        corners = np.concatenate([middle - half, middle + half], 1)
        kept = non_maximum(corners, best[likely])[:MAX_OBJECTS]
        boxes = (corners[kept] - (left, top, left, top)) / scale / (width, height, width, height)
        chosen = likely[kept]
        found = np.column_stack([best[chosen], sure[chosen], boxes.clip(0, 1)])
        return found.reshape(-1, 6).astype(np.float32)


def letterbox(rgb: npt.NDArray[np.uint8], side: int = SIDE) -> tuple[Floats, float, int, int]:
    """(1, 3, side, side) in 0 … 1 with grey bars, the scale, and how far the picture lies from left and top."""
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = side / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    canvas = Image.new("RGB", (side, side), (_GREY, _GREY, _GREY))
    canvas.paste(Image.fromarray(rgb).resize(inner, Image.Resampling.BILINEAR), (left, top))
    return np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255, scale, left, top


def non_maximum(corners: Floats, classes: npt.NDArray[Any]) -> list[int]:
    """Which boxes stay, given surest first: none overlaps a surer one of its class by more than 45 % of both areas."""
    kept: list[int] = []
    areas = (corners[:, 2:] - corners[:, :2]).clip(0).prod(1)
    left = np.arange(len(corners))
    while len(left):
        first, left = int(left[0]), left[1:]
        kept.append(first)
        low = np.maximum(corners[first, :2], corners[left, :2])
        high = np.minimum(corners[first, 2:], corners[left, 2:])
        common = (high - low).clip(0).prod(1)
        overlap = common / np.maximum(areas[first] + areas[left] - common, 1e-9)
        left = left[(overlap <= MAX_OVERLAP) | (classes[left] != classes[first])]
    return kept


def _labels(named: str, n_classes: int) -> tuple[str, ...]:
    """Names of classes as the file states them ({0: "person", …}), else COCO's, else numbers."""
    try:
        given: Any = ast.literal_eval(named) if len(named) < 100_000 else None
        return tuple(str(given[number])[:100] for number in range(n_classes))
    except (ValueError, SyntaxError, KeyError, IndexError, TypeError, RecursionError, MemoryError):
        return COCO_LABELS if n_classes == len(COCO_LABELS) else tuple(f"class_{number}" for number in range(n_classes))


def _confidences(told: str, n_classes: int) -> Floats:
    """(classes,) as the file states them, else the usual one."""
    usual = np.full(n_classes, MIN_CONFIDENCE, np.float32)
    try:
        given = np.array(json.loads(told), np.float32) if told and len(told) < 100_000 else usual
    except (ValueError, TypeError, RecursionError):
        return usual
    return given if given.shape == usual.shape and bool(((given >= 0) & (given <= 1)).all()) else usual
