"""Points of bodies in the form of COCO keypoints, out of landmarks and in from a file, with the source frame and time.

A point that lies outside the picture keeps its place and has v = 0; v is 2 where a point is seen and 1 where it is
guessed (https://cocodataset.org/#format-data). Images carry `frame_index` and `t` (seconds) beside COCO's own fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.strict_json import BadJson, loads

NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
OF_MEDIAPIPE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""Their numbers among MediaPipe's 33 landmarks."""
SKELETON = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip
SEEN = 0.5
"""Visibility from which a point counts as seen."""
MAX_ANNOTATIONS = 500_000
_NUMBER = re.compile(r"(\d+)\D*$")


def coco_of_landmarks(
    rows: Iterable[tuple[int, float, list[list[float]] | None]], *, width: int, height: int, name: str
) -> dict[str, Any]:
    """A COCO document of poses: rows are (frame, seconds, 33 × (x, y, z, visibility) as shares of the picture, or None
    where nobody is seen: the image then has no annotation). width, height: pixels."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for frame, t, pose in rows:
        images.append({
            "id": frame, "width": width, "height": height, "file_name": f"{name}_{frame:06d}.png",
            "frame_index": frame, "t": round(t, 6),
        })  # fmt: skip
        if pose is not None:
            annotations.append(_annotation(len(annotations) + 1, frame, pose, width, height))
    category = {
        "id": 1, "name": "person", "supercategory": "person", "keypoints": list(NAMES),
        "skeleton": [list(pair) for pair in SKELETON],
    }  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": [category]}


def _annotation(number: int, frame: int, pose: list[list[float]], width: int, height: int) -> dict[str, Any]:
    points: list[float] = []
    for at in OF_MEDIAPIPE:
        x, y = round(pose[at][0] * width, 2), round(pose[at][1] * height, 2)
        inside = 0 <= x < width and 0 <= y < height
        points += [x, y, (2 if pose[at][3] >= SEEN else 1) if inside else 0]
    xs, ys = points[0::3], points[1::3]
    box = [min(xs), min(ys), round(max(xs) - min(xs), 2), round(max(ys) - min(ys), 2)]
    return {
        "id": number, "image_id": frame, "category_id": 1, "iscrowd": 0, "keypoints": points, "bbox": box,
        "num_keypoints": sum(v > 0 for v in points[2::3]), "area": round(box[2] * box[3], 2),
    }  # fmt: skip


def coco_text(document: dict[str, Any]) -> str:
    """One entry a line, so that two files can be compared; the same document is the same text."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in value)
            parts.append(f" {json.dumps(key)}: [\n{lines}\n ]" if value else f" {json.dumps(key)}: []")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def read_coco(path: Path) -> dict[str, Any]:
    """A document as it is, checked; to be called in a limited child. Raises UnreadableInput `bad_label_file`."""
    try:
        document = loads(path.read_bytes())
    except BadJson as error:
        raise UnreadableInput(str(error), code=error.code) from None
    if not isinstance(document, dict):
        raise _bad("a file of COCO keypoints is an object")
    images, annotations, categories = (_rows(document, key) for key in ("images", "annotations", "categories"))
    sizes = {one.get("id"): len(one["keypoints"]) for one in categories if isinstance(one.get("keypoints"), list)}
    known = {_id(one, "images", n): frame_of(one) for n, one in enumerate(images, 1)}
    if len(known) < len(images) or None in known.values():
        raise _bad("each image needs an id of its own and its frame, as frame_index or in its file_name")
    for n, one in enumerate(annotations, 1):
        points = one.get("keypoints")
        if not isinstance(points, list) or len(points) != 3 * sizes.get(one.get("category_id"), -1):
            raise _bad(f"annotation {n} does not have the points of its category")
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in points):
            raise _bad(f"annotation {n} has a point that is no number")
        if not set(points[2::3]) <= {0, 1, 2}:
            raise _bad(f"annotation {n}: v is 0, 1 or 2")
        if one.get("image_id") not in known:
            raise _bad(f"annotation {n} names an image that is not there")
    return document


def frame_of(image: dict[str, Any]) -> int | None:
    """The source frame of an image."""
    frame = image.get("frame_index")
    if isinstance(frame, int) and not isinstance(frame, bool):
        return frame if frame >= 0 else None
    found = _NUMBER.search(str(image.get("file_name", "")).rsplit(".", 1)[0])
    return int(found[1]) if found and len(found[1]) < 10 else None


def _rows(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = document.get(key)
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise _bad(f"{key} must be a list")
    if len(rows) > MAX_ANNOTATIONS:
        raise _bad(f"{key} holds more than {MAX_ANNOTATIONS:,} entries")
    return rows


def _id(row: dict[str, Any], key: str, n: int) -> int | str:
    found = row.get("id")
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise _bad(f"entry {n} of {key} has no id")
    return found


def _bad(why: str) -> UnreadableInput:
    return UnreadableInput(why, code="bad_label_file")
