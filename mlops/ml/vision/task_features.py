"""Feature files (Parquet, one row a frame) → numbers of each frame that depend little on where the camera stands.

Landmarks and hands are relative to the middle of the hips and divided by the length of the torso; speeds and distances
are divided by it, too. What a detector did not find is NaN. Frames stay in their order, each with its own time.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UNLABELLED, FloatArray, IntArray, UnreadableInput, ignore
from mlops.ml.limited import Limits
from mlops.ml.vision.task_columns import (
    ANGLES,
    BOXES,
    CONFIDENCES,
    DISTANCES,
    HANDS,
    LANDMARKS,
    LEFT_HAND,
    N_LANDMARKS,
    OBJECTS,
    POSE,
    RIGHT_HAND,
    SPEEDS,
    FeaturePlan,
)

READING = Limits(memory_mib=1536, cpu_s=6 * 3600, wall_s=12 * 3600.0)
BATCH_ROWS = 8192
RATE_ROWS = 512
"""Frames of a file that tell its rate."""
MAX_UNPACKED_BYTES = 64 << 30
FAR = 8.0
"""Torso lengths beyond which a landmark is a slip of the detector; nearer values are kept as they are."""
_VISIBILITY = 3
_LEAST_TORSO = 0.02
_NUMBERS_ALONE = str.maketrans("", "", "0123456789.,-+eE[] ")
_NO_BRACKETS = str.maketrans("", "", "[]")
EXTRACTION = b"fitbalance.extraction"
"""Of the JSON in the schema of a file that was extracted here; `video` has the width and height of its pictures."""
LEAST_VISIBLE = 0.2
"""A landmark that is less visible was guessed, and is unknown."""
_KNOWN_META = ("person", "generated", "width", "height")


@dataclass(frozen=True)
class Frames:
    """Some frames of one video, in the order of the file.

    t       (n,) seconds
    x       (n, features) float32, NaN for unknown
    y       (n,) positions in `labels`, UNLABELLED where there is none
    labels  names that occur in these frames
    """

    video: str
    t: npt.NDArray[np.float64]
    x: FloatArray
    y: IntArray
    labels: list[str]


@dataclass(frozen=True)
class FileFacts:
    """What a feature file says about itself: rows, whose video it is ("" where it does not say), and whether a
    program made it up."""

    n_rows: int
    person: str
    is_generated: bool


def read_frames(
    paths: list[Path],
    detector: str,
    things: list[str],
    on_times: Callable[[list[float]], None],
    on_frames: Callable[[Frames], None],
    on_file: Callable[[FileFacts], None],
) -> int:
    """Tell what is in some feature files, one after the other; return how many rows they have.

    on_times   first, for every file: the times of its first frames
    on_frames  the frames of a file in pieces; a piece holds frames of one video
    on_file    after the last piece of each file
    Raises UnreadableInput: ``damaged``, ``missing_column``, ``too_large``.
    """
    plan = FeaturePlan(detector, tuple(things))
    for path in paths:
        with _opened(path, ("t", *plan.columns)) as file:
            batch = next(file.iter_batches(RATE_ROWS, columns=["t"], use_threads=False), None)
            on_times([] if batch is None else _floats(batch, "t").tolist())
    n_rows = 0
    for path in paths:
        with _opened(path, ("t", *plan.columns)) as file:
            facts = _read_file(file, path.stem, plan, on_frames)
        n_rows += facts.n_rows
        on_file(facts)
    return n_rows


def whole_file(path: Path, plan: FeaturePlan) -> list[Frames]:
    """All frames of one feature file that a program of ours wrote. Raises UnreadableInput."""
    found: list[Frames] = []
    read_frames([path], plan.detector, list(plan.things), on_times=ignore, on_frames=found.append, on_file=ignore)
    return found


@contextlib.contextmanager
def _opened(path: Path, columns: Sequence[str]) -> Iterator[Any]:
    """A feature file with these columns. Raises UnreadableInput, also for what is wrong with it while it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            if lost := [column for column in columns if column not in file.schema_arrow.names]:
                raise UnreadableInput(f"the feature file {path.name} has no column {lost[0]}", code="missing_column")
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
                raise UnreadableInput(f"the feature file {path.name} is too large", code="too_large")
            yield file
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, ZeroDivisionError) as error:
        words = f"the feature file {path.name} is damaged: {str(error)[:200]}"
        raise UnreadableInput(words, code="damaged") from error


def _read_file(file: Any, stem: str, plan: FeaturePlan, on_frames: Callable[[Frames], None]) -> FileFacts:
    told = _told(file.schema_arrow.metadata)
    wanted = [c for c in ("video_id", "t", *plan.columns, "label") if c in file.schema_arrow.names]
    shape = float(told.get("width") or 1) / float(told.get("height") or 1)
    n_rows = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False):
        n_rows += batch.num_rows
        for frames in _pieces(batch, plan, shape, stem):
            on_frames(frames)
    return FileFacts(n_rows, told.get("person", ""), told.get("generated", "").lower() == "true")


def _told(metadata: dict[bytes, bytes] | None) -> dict[str, str]:
    """What the schema says of the video: person, generated, width and height of its pictures."""
    known = metadata or {}
    told = {name: known[name.encode()].decode("utf-8", "replace") for name in _KNOWN_META if name.encode() in known}
    picture = json.loads(known.get(EXTRACTION, b"{}")).get("video") or {}
    return told | {name: str(picture[name]) for name in ("width", "height") if picture.get(name)}


def _pieces(batch: Any, plan: FeaturePlan, shape: float, stem: str) -> list[Frames]:
    x = frame_features(batch, plan, shape)
    t = np.asarray(_floats(batch, "t"), np.float64)
    videos = np.array([one or stem for one in _texts(batch, "video_id")])
    labels = np.array([one or "" for one in _texts(batch, "label")])
    found = []
    for video in dict.fromkeys(videos.tolist()):
        mine = videos == video
        names, y = np.unique(labels[mine], return_inverse=True)
        if len(names) and names[0] == "":
            names, y = names[1:], y - 1
        assert UNLABELLED == -1
        found.append(Frames(str(video), t[mine], x[mine], y.astype(np.int64), [str(name) for name in names]))
    return found


def frame_features(batch: Any, plan: FeaturePlan, shape: float = 1.0) -> FloatArray:
    """(n, features) of the rows of an Arrow table or batch, in the order of `plan.names`.

    shape  width of the pictures through their height: x is measured in heights, as y is
    """
    n = batch.num_rows
    values: dict[str, Any] = {}
    if plan.detector != "yolo":
        values |= _body(batch, n, shape)
    if plan.detector != "mediapipe":
        values |= _boxes(batch, n, plan.things, shape)
    if plan.detector == "fusion":
        torso = values.pop("torso")
        values |= {name: _within(_floats(batch, name) / torso) for name in DISTANCES}
    out = np.empty((n, len(plan.names)), np.float32)
    for column, name in enumerate(plan.names):
        out[:, column] = values[name]
    return out


def _body(batch: Any, n: int, shape: float) -> dict[str, Any]:
    pose, pose_seen = _landmarks(batch, n)
    pose[:, :, 0] *= shape
    points = {name: pose[:, number] for name, number in zip(LANDMARKS, range(len(LANDMARKS)), strict=True)}
    hips = (points["left_hip"] + points["right_hip"]) / 2
    shoulders = (points["left_shoulder"] + points["right_shoulder"]) / 2
    torso = np.linalg.norm(shoulders - hips, axis=1)
    torso[~(torso > _LEAST_TORSO)] = np.nan
    found: dict[str, Any] = {name: _floats(batch, name) for name in ANGLES}
    for name, point in points.items():
        relative = _within((point - hips) / torso[:, None])
        found[f"{name}_x"], found[f"{name}_y"] = relative[:, 0], relative[:, 1]
    for number, name in enumerate(HANDS):
        axis = number % 2
        place = _floats(batch, name) * (1.0 if axis else shape)
        found[name] = _within((place - hips[:, axis]) / torso)
    found |= {name: _within(_floats(batch, name) / torso) for name in SPEEDS}
    found["pose_seen"] = pose_seen
    found["right_hand_seen"], found["left_hand_seen"] = _is_there(batch, RIGHT_HAND), _is_there(batch, LEFT_HAND)
    return {**found, "torso": torso}


def _landmarks(batch: Any, n: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """(n, points, 2) places of the points that are used, NaN where nobody was found; and where somebody was."""
    out = np.full((n, len(LANDMARKS), 2), np.nan)
    texts = _texts(batch, POSE)
    there = _is_there(batch, POSE)
    if there.any():
        found = [text or "" for text in itertools.compress(texts, there)]
        values = _plain_numbers(found)
        if values is None:
            read = json.loads("[" + ",".join(found) + "]")
            if isinstance(read[0][0], dict):
                read = [[(point["x"], point["y"]) for point in pose] for pose in read]
            values = np.array(read, np.float64)
        points = values.reshape(len(found), N_LANDMARKS, -1)[:, list(LANDMARKS.values())]
        if points.shape[2] > _VISIBILITY:
            points[points[:, :, _VISIBILITY] < LEAST_VISIBLE] = np.nan
        out[there] = points[:, :, :2]
    return out, there


def _plain_numbers(texts: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """(n, numbers) of JSON lists that hold numbers alone, all equally many; None for anything else.

    Several times as fast as reading JSON, which makes an object of every number.
    """
    joined = ",".join(texts)
    if joined.translate(_NUMBERS_ALONE) or len({text.count(",") for text in texts}) > 1:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of text that is no number
            found = np.fromstring(joined.translate(_NO_BRACKETS), sep=",")
    except (ValueError, DeprecationWarning):
        return None
    return found.reshape(len(texts), -1) if len(found) == joined.count(",") + 1 else None


def _boxes(batch: Any, n: int, things: tuple[str, ...], shape: float) -> dict[str, Any]:
    there = _is_there(batch, OBJECTS)
    names = _lists(batch, OBJECTS, there)
    counts = np.array([len(one) for one in names], np.int64)
    row = np.repeat(np.flatnonzero(there), counts)
    every = list(itertools.chain.from_iterable(names))
    confidence = np.array(list(itertools.chain.from_iterable(_lists(batch, CONFIDENCES, there))), np.float64)
    box = np.array(list(itertools.chain.from_iterable(_lists(batch, BOXES, there))), np.float64).reshape(-1, 4)
    if not len(every) == len(confidence) == len(box):
        raise ValueError("a row has another number of objects than of boxes or confidences")
    place = {"person": 0, **{name: 2 + number for number, name in enumerate(things)}}
    code = np.array([place.get(str(name), 1) for name in every], np.int64)
    best = np.zeros((n, 2 + len(things)))
    np.maximum.at(best, (row, code), confidence)
    is_person = code == 0
    n_people = np.bincount(row[is_person], minlength=n).astype(np.float64)
    n_objects = np.bincount(row[~is_person], minlength=n).astype(np.float64)
    aspect = _aspect_of_largest(row[is_person], box[is_person], n, shape)
    for array in (n_people, n_objects, best):
        array[~there] = np.nan
    found = {"n_people": n_people, "person_confidence": best[:, 0], "person_aspect": aspect, "n_objects": n_objects}
    found |= {f"object_{name.replace(' ', '_')}": best[:, place[name]] for name in things}
    return {**found, "object_other": best[:, 1], "objects_seen": there}


def _aspect_of_largest(row: IntArray, box: npt.NDArray[Any], n: int, shape: float) -> npt.NDArray[np.float64]:
    """(n,) width through height of the largest person of each row, NaN without one."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    order = np.argsort(width * height, kind="stable")
    out = np.full(n, np.nan)
    kept = height[order] > 0
    # boxes in pixels are as wide as they are; those in shares of the picture are measured in heights
    in_shares = len(box) > 0 and float(box.max(initial=0.0)) <= 2.0
    out[row[order][kept]] = np.clip(width[order][kept] / height[order][kept] * (shape if in_shares else 1.0), 0, 10)
    return out


def _within(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values that a body can have; the others are unknown."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) <= FAR, values, np.nan)


def _floats(batch: Any, name: str) -> npt.NDArray[np.float64]:
    import pyarrow as pa

    column = batch.column(batch.schema.get_field_index(name))
    found = np.array(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    found[~np.isfinite(found)] = np.nan
    return found


def _texts(batch: Any, name: str) -> list[str | None]:
    import pyarrow as pa

    if name not in batch.schema.names:
        return [None] * int(batch.num_rows)
    found: list[str | None] = batch.column(batch.schema.get_field_index(name)).cast(pa.string()).to_pylist()
    return found


def _is_there(batch: Any, name: str) -> npt.NDArray[np.bool_]:
    """(n,) whether a JSON column holds a list with something in it; an empty list of objects counts as looked at."""
    nothing = (None, "", "null") if name == OBJECTS else (None, "", "null", "[]")
    return np.array([one not in nothing for one in _texts(batch, name)], np.bool_)


def _lists(batch: Any, name: str, there: npt.NDArray[np.bool_]) -> list[list[Any]]:
    texts = [one or "[]" for one in itertools.compress(_texts(batch, name), there)]
    found: list[list[Any]] = json.loads("[" + ",".join(texts) + "]")
    return found
