"""The Parquet file: the columns of every extraction in their order, written some thousand rows at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.video.kinematics import (
    ANGLE_NAMES,
    Floats,
    distance_to_boxes,
    hands_alone,
    hands_of_pose,
    joint_angles,
    speed_per_s,
)

FACTS_KEY = b"fitbalance.extraction"
"""Of the JSON in the file's key-value metadata that says how it was made."""
LANDMARK_COLUMNS = ("mp_pose_landmarks", "mp_left_hand_landmarks", "mp_right_hand_landmarks")
OBJECT_COLUMNS = ("yolo_objects", "yolo_boxes", "yolo_confidences")
HAND_COLUMNS = (
    "right_hand_x", "right_hand_y", "left_hand_x", "left_hand_y", "right_hand_speed", "left_hand_speed",
    "right_hand_obj_dist", "left_hand_obj_dist",
)  # fmt: skip
NUMBER_COLUMNS = (*ANGLE_NAMES, *HAND_COLUMNS)
EXTRA_COLUMNS = ("filled", "n_people", "mp_pose_world_landmarks")
ROWS_AT_ONCE = 4096
_DIGITS = 5


@dataclass(frozen=True)
class Subject:
    """What is known of the subject in every row; NaN where nothing is.

    pose       (rows, 33, 8); hands (rows, 2, 21, 3): left, right
    is_filled  (rows,) the pose was filled between two others
    """

    pose: npt.NDArray[np.float32]
    hands: npt.NDArray[np.float32]
    is_filled: npt.NDArray[np.bool_]
    has_body: bool


@dataclass(frozen=True)
class Things:
    """Objects of all rows; `boxes[row]` (n, 6) as in `rows.Rows`; None where no detector was used."""

    boxes: Sequence[npt.NDArray[np.float32]]
    labels: tuple[str, ...]
    people: frozenset[int]
    """Classes that are people, to whom no distance is measured."""


def columns_of(has_labels: bool) -> tuple[str, ...]:
    label = ("label",) if has_labels else ()
    named = ("video_id", "frame_index", "t", *LANDMARK_COLUMNS, *OBJECT_COLUMNS, *NUMBER_COLUMNS, *label)
    return (*named, *EXTRA_COLUMNS)


def write(
    path: Path,
    *,
    video_id: str,
    number: npt.NDArray[np.int64],
    t_s: Floats,
    size: tuple[int, int],
    subject: Subject,
    n_people: npt.NDArray[np.int64],
    things: Things | None,
    labels: Mapping[int, str] | None,
    facts: Mapping[str, Any],
) -> None:
    """Write the file whole or not at all; see the module for columns."""
    import pyarrow.parquet as pq

    numbers = measures(subject, t_s, size, things)
    schema = _schema(labels is not None, facts)
    unfinished = path.with_name(f".{path.name}.part")
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as out:
        for first in range(0, max(1, len(number)), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            columns: dict[str, Any] = {
                "video_id": [video_id] * len(number[rows]),
                "frame_index": number[rows],
                "t": t_s[rows],
                "filled": subject.is_filled[rows],
                "n_people": n_people[rows],
                "mp_pose_world_landmarks": _texts(subject.pose[rows, :, 5:]),
                **found_columns(subject, numbers, things, rows),
            }
            if labels is not None:
                columns["label"] = [labels.get(int(one)) for one in number[rows]]
            out.write_table(_table(columns, schema))
    unfinished.replace(path)


def found_columns(
    subject: Subject, numbers: Mapping[str, Floats], things: Things | None, rows: slice
) -> dict[str, Any]:
    """The columns of what was found in some rows: landmarks, objects, and `numbers` as `measures` gives them."""
    return {
        "mp_pose_landmarks": _texts(subject.pose[rows, :, :4]),
        "mp_left_hand_landmarks": _texts(subject.hands[rows, 0]),
        "mp_right_hand_landmarks": _texts(subject.hands[rows, 1]),
        **_objects(things, rows, len(subject.pose[rows])),
        **{name: _nullable(values[rows]) for name, values in numbers.items()},
    }


def measures(subject: Subject, t_s: Floats, size: tuple[int, int], things: Things | None) -> dict[str, Floats]:
    """{column: (rows,)} of all `NUMBER_COLUMNS`."""
    found = joint_angles(subject.pose, size)
    boxes = None if things is None else [_distant(one, things.people) for one in things.boxes]
    for number, side in ((1, "right"), (0, "left")):
        place = hands_of_pose(subject.pose, side) if subject.has_body else hands_alone(subject.hands[:, number])
        found[f"{side}_hand_x"], found[f"{side}_hand_y"] = place[:, 0], place[:, 1]
        found[f"{side}_hand_speed"] = speed_per_s(place, t_s, size)
        nothing = np.full(len(t_s), np.nan)
        found[f"{side}_hand_obj_dist"] = nothing if boxes is None else distance_to_boxes(place, boxes, size)
    return {name: found[name] for name in NUMBER_COLUMNS}


def facts_of_file(path: Path) -> dict[str, Any]:
    """How a file of features was made: version, networks, video, people, notes. Empty for other Parquet files."""
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    return dict(json.loads(metadata.get(FACTS_KEY, b"{}")))


def _schema(has_labels: bool, facts: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    kinds = {"frame_index": pa.int64(), "t": pa.float64(), "filled": pa.bool_(), "n_people": pa.int64()}
    kinds |= dict.fromkeys(NUMBER_COLUMNS, pa.float64())
    named = [(name, kinds.get(name, pa.string())) for name in columns_of(has_labels)]
    return pa.schema(named, metadata={FACTS_KEY: json.dumps(facts).encode()})


def _table(columns: Mapping[str, Any], schema: Any) -> Any:
    import pyarrow as pa

    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _distant(boxes: npt.NDArray[np.float32], people: frozenset[int]) -> Floats:
    things: Floats = boxes[[int(one) not in people for one in boxes[:, 0]], 2:].astype(float).reshape(-1, 4)
    return things


def _objects(things: Things | None, rows: slice, n_rows: int) -> dict[str, list[str | None]]:
    if things is None:
        return {name: [None] * n_rows for name in OBJECT_COLUMNS}
    found: dict[str, list[str | None]] = {name: [] for name in OBJECT_COLUMNS}
    for here in things.boxes[rows]:
        found["yolo_objects"].append(json.dumps([things.labels[int(one)] for one in here[:, 0]]))
        found["yolo_boxes"].append(_text(here[:, 2:]))
        found["yolo_confidences"].append(_text(here[:, 1]))
    return found


def _texts(values: npt.NDArray[np.float32]) -> list[str | None]:
    return [_text(one) if np.isfinite(one).all() else None for one in values]


def _text(values: npt.NDArray[np.float32]) -> str:
    return json.dumps(np.round(values.astype(float), _DIGITS).tolist(), separators=(",", ":"))


def _nullable(values: Floats) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.float64(), from_pandas=True)
