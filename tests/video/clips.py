"""Clips and features that tests make for themselves."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.drawn_person import drawn_person

RATE = 15
N_FRAMES = 60


def clip(path: Path, n_frames: int = N_FRAMES, rate: int = RATE) -> Path:
    """A drawn person squats twice, as H.264."""
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for n in range(n_frames):
            bend = 0.5 - 0.5 * math.cos(4 * math.pi * n / n_frames)
            picture = np.ascontiguousarray(drawn_person(bend)[::2, ::2])
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    return path


def pose_at(n: int) -> list[list[float]]:
    """33 landmarks; the left ankle lies outside the picture in every fifth frame."""
    points = [[0.3 + 0.01 * k, 0.2 + 0.02 * k, 0.0, 0.9 if k % 2 else 0.3] for k in range(33)]
    if n % 5 == 0:
        points[27][1] = 1.25
    return points


def features_table(frames: np.ndarray, rate: float = RATE, label: Any = None) -> Any:
    """The columns that pages read; nobody is seen in frames 10 to 14."""
    import pyarrow as pa

    seen = [not 10 <= n < 15 for n in frames]
    columns: dict[str, Any] = {
        "video_id": ["clip"] * len(frames), "frame_index": frames, "t": frames / rate,
        "mp_pose_landmarks": [json.dumps(pose_at(int(n))) if ok else None for n, ok in zip(frames, seen, strict=True)],
        "mp_left_hand_landmarks": pa.nulls(len(frames), pa.string()),
        "mp_right_hand_landmarks": pa.nulls(len(frames), pa.string()),
        "yolo_objects": [json.dumps(["kettlebell"])] * len(frames),
        "yolo_boxes": [json.dumps([[0.1, 0.1, 0.3, 0.4]])] * len(frames),
        "yolo_confidences": [json.dumps([0.75])] * len(frames),
    }  # fmt: skip
    for joint in ("elbow", "knee", "hip", "shoulder", "ankle"):
        for side in ("left", "right"):
            values = 120 + 50 * np.cos(frames / 5)
            columns[f"{side}_{joint}_angle"] = pa.array(np.where(seen, values, np.nan), from_pandas=True)
    for side in ("right", "left"):
        for what in ("x", "y", "speed"):
            columns[f"{side}_hand_{what}"] = pa.array(np.where(seen, 0.5, np.nan), from_pandas=True)
        columns[f"{side}_hand_obj_dist"] = pa.nulls(len(frames), pa.float64())
    if label is not None:
        columns["label"] = label
    columns["filled"] = [False] * len(frames)
    return pa.table(columns)
