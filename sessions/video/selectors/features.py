"""Reading feature files: facts, channels and poses for the page, rows for exports."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from sessions.models import FeatureFile, Video
from web.refusals import Problem

Floats = npt.NDArray[np.float64]
SIDES = ("left", "right")
JOINTS = ("knee", "hip", "elbow", "shoulder", "ankle")
ANGLES = tuple(f"{side}_{joint}_angle" for joint in JOINTS for side in SIDES)
SPEEDS = tuple(f"{side}_hand_speed" for side in SIDES)
UNITS = {"angle": "°", "speed": "1/s", "dist": ""}
WORLD = "mp_pose_world_landmarks"
POSE, HANDS = "mp_pose_landmarks", ("mp_left_hand_landmarks", "mp_right_hand_landmarks")
BOXES = ("yolo_objects", "yolo_boxes", "yolo_confidences")
MOTION_HZ = 30.0
"""Rows a second from which motion is told well enough."""
MAX_MOTION_ROWS = 60_000
"""Of a long clip, fewer rows a second are read."""
MAX_POSES = 3000
"""Frames of one answer: at more, every n-th is given."""


@dataclass(frozen=True)
class Channels:
    """t (n,) seconds; values: name → (n,), NaN where nothing is known."""

    t: Floats
    values: dict[str, Floats]


def features_path(row: FeatureFile) -> Path:
    return Path(settings.MEDIA_ROOT) / row.file


def features_visible(*, user: Any) -> QuerySet[FeatureFile]:
    """Feature files in one's own space."""
    return FeatureFile.objects.filter(owner=user, video__deleted_at__isnull=True).select_related("video", "job")


def features_named(*, user: Any, name: str) -> FeatureFile:
    """One by its name, or its path as it is told, in one's own space; 404 for everything else."""
    name = name.removeprefix("processed/features/")
    if not name.isprintable() or len(name) > 150 or "/" in name or "\\" in name:
        raise Http404
    return get_object_or_404(features_visible(user=user), name=name)


def features_in(*, video: Video, name: str = "") -> FeatureFile:
    """A ready feature file of a clip the caller may see: by name, or the newest; 404 without one."""
    rows = video.features.filter(made_at__isnull=False)
    row = (rows.filter(name=name) if name else rows).order_by("-created_at", "-pk").first()
    if row is None:
        raise Http404
    return row


def channels(row: FeatureFile) -> Channels:
    """Angles and speeds of all rows. Raises Problem 409 `unreadable_features`."""
    table = _table(row, ["t", *ANGLES, *SPEEDS])
    values = {name: table[name].to_numpy(zero_copy_only=False).astype(float) for name in (*ANGLES, *SPEEDS)
              if name in table.column_names}  # fmt: skip
    return Channels(table["t"].to_numpy(), values)


def angles_told(row: FeatureFile) -> Channels:
    """The angles that may be said in a sentence, NaN where the picture does not show how far a joint is bent; and
    `seen`, 1 where somebody is in view. Raises Problem 409 `unreadable_features`."""
    from mlops.ml.vision.video.kinematics import angles_to_tell

    table = _table(row, ["t", POSE, WORLD])
    n = table.num_rows
    pose, world = (_points(table, name, n, width) for name, width in ((POSE, 4), (WORLD, 3)))
    size = (row.video.width or 1, row.video.height or 1)
    seen = np.isfinite(pose[:, 0, 0]).astype(float)
    return Channels(table["t"].to_numpy().astype(float), {**angles_to_tell(pose, world, size), "seen": seen})


def _points(table: Any, name: str, n: int, width: int) -> npt.NDArray[np.float32]:
    """(n, 33, width) of a column of landmarks, NaN where it says nothing; visibility is 1 where the file has none."""
    found = np.full((n, 33, width), np.nan, np.float32)
    if name in table.column_names:
        for number, text in enumerate(table[name].to_pylist()):
            if text:
                points = np.array(_loaded(text), np.float32)[:, :width]
                found[number, :, : points.shape[1]] = points
                found[number, :, points.shape[1] :] = 1.0
    return found


def poses(row: FeatureFile, *, start_s: float, end_s: float, most: int = MAX_POSES) -> dict[str, Any]:
    """Points and boxes of the frames in [start_s, end_s), at most `most`, evenly: {"every", "frames": [{"frame", "t",
    "pose": [[x, y, visibility]] or null, "hands": [[[x, y]] or null, …], "boxes": [[x0, y0, x1, y1, name, confidence]],
    "filled"}]}, places as shares of the picture."""
    table = _table(row, ["frame_index", "t", POSE, *HANDS, *BOXES, "filled"])
    t = table["t"].to_numpy()
    first, last = np.searchsorted(t, [start_s, end_s])
    every = max(1, -(-int(last - first) // most))
    part = table.take(np.arange(first, last, every)).to_pylist()
    return {"every": every, "frames": [_frame(one) for one in part]}


def poses_of(video: Video) -> Iterator[tuple[int, float, list[list[float]] | None]] | None:
    """(frame, seconds, 33 landmarks or None) of the newest feature file; None where there is none."""
    try:
        row = features_in(video=video)
    except Http404:
        return None
    table = _table(row, ["frame_index", "t", POSE])
    return ((one["frame_index"], one["t"], _loaded(one.get(POSE))) for one in table.to_pylist())


def landmarks_of(row: FeatureFile) -> tuple[Floats, Floats]:
    """t (n,) seconds and landmarks (n, 33, 4) of about 30 rows a second, NaN where nobody is; x and y as shares of
    the picture, z, visibility (1 where the file does not say). Raises Problem 409 `unreadable_features`."""
    table = _table(row, ["t", POSE])
    t = table["t"].to_numpy().astype(float)
    step = float(np.median(np.diff(t))) if len(t) > 1 else 1.0
    every = max(1, round(1 / (MOTION_HZ * step)) if step > 0 else 1, -(-len(t) // MAX_MOTION_ROWS))
    pose = np.full((len(t[::every]), 33, 4), np.nan)
    pose[:, :, 3] = 1.0
    texts = table[POSE].take(np.arange(0, len(t), every)).to_pylist() if POSE in table.column_names else []
    for n, text in enumerate(texts):
        points = np.array(_loaded(text) or np.full((33, 4), np.nan), float)
        pose[n, :, : points.shape[1]] = points[:, :4]
    return t[::every], pose


def features_facts(row: FeatureFile) -> dict[str, Any]:
    """What GET /backend/features/<name> tells of a ready file."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(features_path(row))
    except (OSError, ValueError) as error:
        raise _unreadable() from error
    names = file.schema_arrow.names
    labels: dict[str, int] = {}
    if "label" in names:
        for one in file.read(["label"])["label"].drop_null().value_counts().to_pylist():
            labels[one["values"]] = one["counts"]
    return {
        "rows": file.metadata.num_rows, "columns": names, "frames": row.video.n_frames, "rate": row.video.rate_hz,
        "labels": dict(sorted(labels.items())),
    }  # fmt: skip


def _table(row: FeatureFile, wanted: list[str]) -> Any:
    import pyarrow.parquet as pq

    path = features_path(row)
    try:
        here = set(pq.read_schema(path).names)
        return pq.read_table(path, columns=[name for name in wanted if name in here])
    except (OSError, ValueError) as error:
        raise _unreadable() from error


def _frame(one: dict[str, Any]) -> dict[str, Any]:
    pose = _loaded(one.get(POSE))
    names, boxes, confidences = (_loaded(one.get(name)) or [] for name in BOXES)
    return {
        "frame": one["frame_index"],
        "t": round(one["t"], 4),
        "pose": pose and [[round(p[0], 4), round(p[1], 4), round(p[3] if len(p) > 3 else 1.0, 2)] for p in pose],
        "hands": [(hand := _loaded(one.get(name))) and [[round(p[0], 4), round(p[1], 4)] for p in hand]
                  for name in HANDS],
        "boxes": [[*(round(float(v), 4) for v in box), str(name), round(float(c), 2)]
                  for box, name, c in zip(boxes, names, confidences, strict=False)],
        "filled": bool(one.get("filled")),
    }  # fmt: skip


def _loaded(text: str | None) -> Any:
    return json.loads(text) if text else None


def _unreadable() -> Problem:
    text = _("The features are damaged or missing on the server. Extract them again.")
    return Problem(409, "unreadable_features", text)
