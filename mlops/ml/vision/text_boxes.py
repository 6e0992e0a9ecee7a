"""From the map of a text detector to upright pictures of lines.

Differentiable binarization (Liao et al. 2020, arXiv 1911.08947): the network marks the shrunken core of every line;
each core's rectangle grows back by area × ratio / perimeter on every side.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

IS_TEXT = 0.3
"""Probability from which a pixel belongs to the core of a line."""
LEAST_MEAN = 0.5
"""Mean probability inside a rectangle that is kept."""
GROWTH = 1.6
LEAST_SIDE = 3.0
MOST_LINES = 500
UPRIGHT = 1.5
"""A line at least so much higher than wide is turned."""

Boxes = npt.NDArray[np.float32]
"""(n, 4, 2): x and y of the corners, clockwise from the left top of the text."""


def boxes_of(scores: npt.NDArray[np.float32]) -> Boxes:
    """Rectangles around lines, in pixels of the map (height, width), in the order in which they are read."""
    import cv2

    core = cv2.dilate((scores > IS_TEXT).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:MOST_LINES]:
        core_of_line = middle, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < LEAST_SIDE or _mean_inside(scores, cv2.boxPoints(core_of_line)) < LEAST_MEAN:
            continue
        more = GROWTH * width * height / (width + height)
        found.append(_clockwise(cv2.boxPoints((middle, (width + more, height + more), angle))))
    return in_reading_order(np.array(found, np.float32).reshape(-1, 4, 2))


def in_reading_order(boxes: Boxes) -> Boxes:
    """From the top down; what stands side by side, by half its height at most apart, from left to right."""
    left = sorted(boxes, key=lambda box: float(box[:, 1].mean()))
    ordered: list[Any] = []
    while left:
        first = left[0]
        level, reach = float(first[:, 1].mean()), _height(first) / 2
        row = [box for box in left if float(box[:, 1].mean()) - level < reach]
        left = left[len(row) :]
        ordered += sorted(row, key=lambda box: float(box[:, 0].min()))
    return np.array(ordered, np.float32).reshape(-1, 4, 2)


def cut_out(photo: npt.NDArray[np.uint8], boxes: Boxes) -> list[npt.NDArray[np.uint8]]:
    """Each rectangle of a photo as a picture of its own, its text along the width."""
    import cv2

    pictures = []
    for box in boxes:
        width = max(1, round(math.dist(box[0], box[1])))
        height = max(1, round(_height(box)))
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        turn = cv2.getPerspectiveTransform(box, corners)
        line = cv2.warpPerspective(photo, turn, (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)
        pictures.append(np.asarray(np.rot90(line) if height >= UPRIGHT * width else line, np.uint8))
    return pictures


def _mean_inside(scores: npt.NDArray[np.float32], corners: npt.NDArray[Any]) -> float:
    import cv2

    points = corners.astype(np.int32)
    (left, top), (right, bottom) = points.min(axis=0).clip(0), points.max(axis=0) + 1
    part = scores[top:bottom, left:right]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [points - (left, top)], (1,))
    return float(cv2.mean(part, mask)[0])


def _clockwise(corners: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Four corners from the left top on: first the two on the left, by height, then those on the right."""
    by_x = corners[np.argsort(corners[:, 0])]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _height(box: npt.NDArray[np.float32]) -> float:
    return math.dist(box[0], box[3])
