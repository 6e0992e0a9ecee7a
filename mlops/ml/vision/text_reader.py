"""Text in pictures: the label of a packet, the display of a machine. PP-OCRv6 of PaddleOCR on ONNX Runtime.

Three networks: where lines are, whether a line stands on its head, what it says (greedy CTC decoding).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.parts.component import Component
from mlops.ml.vision.photos import Image, Photo, photos_of, without_paths
from mlops.ml.vision.text_boxes import boxes_of, cut_out

DETECTOR, TURN, RECOGNIZER = "det.onnx", "cls.onnx", "rec.onnx"
LEAST_CONFIDENCE = 0.5
"""Below it a line is left out."""
_SHORT_SIDE, _LONG_SIDE, _STEP = 736, 1600, 32
_HEIGHT, _TURN_WIDTH, _LEAST_WIDTH, _MOST_WIDTH = 48, 192, 320, 3200
_ON_ITS_HEAD = 0.9
_AT_ONCE = 6


@dataclass(frozen=True)
class Line:
    """A line of text.

    confidence  mean probability of its letters, from 0.5 to 1
    box         (4, 2): corners clockwise from the left top, as shares of the picture's width and height
    """

    text: str
    confidence: float
    box: npt.NDArray[np.float32]


class TextReader(Component):
    """Pictures → lines of text in each, in reading order; none where nothing can be read."""

    part, takes = "pp-ocrv6", "image"
    max_batch = 4

    def read(self, images: Sequence[Image]) -> list[list[Line]]:
        """Raises PartMissing, BadArtifact, UnreadableInput, BadShape, BadValue; see `photos_of` for the pictures."""
        self.load()
        return [self._lines(photo) for photo in photos_of(images)]

    def answer(self, inputs: list[Any]) -> list[Any]:
        """A list of {"text", "confidence", "box"} for each picture; what the models server calls."""
        return [[vars(line) for line in lines] for lines in self.read(without_paths(inputs))]

    def _load(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._detector, self._turn, self._recognizer = (
                onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
                for name in (DETECTOR, TURN, RECOGNIZER)
            )
            letters = self._recognizer.get_modelmeta().custom_metadata_map["character"].split("\n")
        except Exception as error:  # onnxruntime raises many unrelated types for an unusable model
            raise BadArtifact(f"{self.model_id} cannot be loaded: {error}") from error
        self._letters = ["", *letters, " "]

    def _close(self) -> None:
        del self._detector, self._turn, self._recognizer

    def _lines(self, photo: Photo) -> list[Line]:
        bgr = np.ascontiguousarray(photo[:, :, ::-1])  # as the networks were trained
        boxes = self._boxes(bgr)
        if not len(boxes):
            return []
        read = self._texts([self._upright(line) for line in cut_out(bgr, boxes)])
        size = np.array([photo.shape[1], photo.shape[0]], np.float32)
        lines = [Line(text, confidence, box / size) for (text, confidence), box in zip(read, boxes, strict=True)]
        return [line for line in lines if line.text.strip() and line.confidence >= LEAST_CONFIDENCE]

    def _boxes(self, photo: Photo) -> npt.NDArray[np.float32]:
        import cv2

        height, width = photo.shape[:2]
        scale = min(max(1.0, _SHORT_SIDE / min(height, width)), _LONG_SIDE / max(height, width))
        high, wide = (max(_STEP, round(side * scale / _STEP) * _STEP) for side in (height, width))
        (scores,) = self._detector.run(None, {"x": _scaled(cv2.resize(photo, (wide, high)))[None]})
        return boxes_of(scores[0, 0]) * np.array([width / wide, height / high], np.float32)

    def _upright(self, line: Photo) -> Photo:
        (scores,) = self._turn.run(None, {"x": _at_height(line, _TURN_WIDTH)[None]})
        return np.ascontiguousarray(line[::-1, ::-1]) if scores[0, 1] > _ON_ITS_HEAD else line

    def _texts(self, lines: Sequence[Photo]) -> list[tuple[str, float]]:
        """What lines say and how sure that is; lines of similar width together, so that little is padded."""
        widths = [min(_MOST_WIDTH, max(_LEAST_WIDTH, _width(one))) for one in lines]
        order = np.argsort(widths, kind="stable")
        found: dict[int, tuple[str, float]] = {}
        for start in range(0, len(order), _AT_ONCE):
            which = [int(n) for n in order[start : start + _AT_ONCE]]
            width = max(widths[n] for n in which)
            (scores,) = self._recognizer.run(None, {"x": np.stack([_at_height(lines[n], width) for n in which])})
            found |= {n: self._decoded(one) for n, one in zip(which, scores, strict=True)}
        return [found[n] for n in range(len(lines))]

    def _decoded(self, scores: npt.NDArray[np.float32]) -> tuple[str, float]:
        """Greedy CTC: the likeliest sign of each step, repeats once, blanks (0) never. scores (steps, signs)."""
        best = scores.argmax(axis=1)
        says = (best != 0) & (best != np.concatenate(([-1], best[:-1])))
        sure = scores[np.arange(len(best)), best][says]
        return "".join(self._letters[n] for n in best[says]), float(sure.mean()) if len(sure) else 0.0


def _at_height(line: Photo, width: int) -> npt.NDArray[np.float32]:
    """(3, 48, width): as wide as its shape asks for, grey behind it."""
    import cv2

    wide = min(width, _width(line))
    padded = np.zeros((3, _HEIGHT, width), np.float32)
    padded[:, :, :wide] = _scaled(cv2.resize(line, (wide, _HEIGHT)))
    return padded


def _width(line: Photo) -> int:
    """How wide a line is at a height of 48."""
    return max(1, math.ceil(_HEIGHT * line.shape[1] / line.shape[0]))


def _scaled(pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """(height, width, 3) from 0 to 255 → (3, height, width) from −1 to 1."""
    return (pixels.transpose(2, 0, 1).astype(np.float32) / 127.5) - 1
