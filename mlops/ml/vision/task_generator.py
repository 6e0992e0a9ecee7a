"""Feature files of made-up people who squat, row, press, walk and stand about: for tests and demonstrations.

A skeleton of 13 points moves through joint angles, is seen by a camera from some side and distance, and is found with
jitter, lost frames and lost hands. The files say in their schema that they are generated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.task_columns import (
    BOXES,
    COLUMNS,
    CONFIDENCES,
    JOINTS,
    LANDMARKS,
    LEFT_HAND,
    N_LANDMARKS,
    OBJECTS,
    POSE,
    RIGHT_HAND,
    SIDES,
)

TASKS = ("idle", "press", "row", "squat", "walk")
Array = npt.NDArray[np.float64]
Points = dict[str, Array]
_ANGLE_OF = {
    "elbow": ("shoulder", "elbow", "wrist"), "knee": ("hip", "knee", "ankle"), "hip": ("shoulder", "hip", "knee"),
    "shoulder": ("hip", "shoulder", "elbow"), "ankle": ("knee", "ankle", "toe"),
}  # fmt: skip


@dataclass(frozen=True)
class Video:
    """One generated video: seconds, frames a second, and the tasks in it (drawn where none are named).

    tasks       (name, seconds) one after the other
    difficulty  1 for ordinary jitter and losses; larger values make every task harder to tell
    """

    name: str
    person: int
    seconds: float = 60.0
    fps: float = 25.0
    tasks: Sequence[tuple[str, float]] = ()
    difficulty: float = 1.0
    seed: int = 0


def write_videos(
    directory: Path, n_videos: int, *, n_people: int = 0, seconds: float = 60.0, fps: float = 25.0,
    difficulty: float = 1.0, seed: int = 0,
) -> list[Path]:  # fmt: skip
    """Write one feature file a video, `n_people` people (one a video by default) taking turns; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(n_videos):
        video = Video(f"generated-{number:04d}", number % (n_people or n_videos), seconds, fps, (), difficulty, seed)
        made.append(write_video(directory / f"{video.name}_features.parquet", video))
    return made


def write_video(path: Path, video: Video) -> Path:
    """Write the feature file of one video."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(video_columns(video))
    told = {"generated": "true", "person": f"generated-person-{video.person}", "width": "1", "height": "1"}
    pq.write_table(table.replace_schema_metadata(told), path)
    return path


def video_columns(video: Video) -> dict[str, list[Any]]:
    """The columns of a feature file, one entry a frame."""
    rng = np.random.default_rng([video.seed, int.from_bytes(video.name.encode()[-6:], "big")])
    body = np.random.default_rng([video.seed, 7, video.person])
    label, t, points = moved(video, rng, body)
    seen = projected(points, rng, video.difficulty)
    found = ~lost(rng, len(t), 0.03 * video.difficulty)
    hands = {side: found & ~lost(rng, len(t), 0.1 * video.difficulty) for side in SIDES}
    columns: dict[str, list[Any]] = {
        "video_id": [video.name] * len(t), "frame_index": list(range(len(t))), "t": t.tolist(),
        POSE: _json_of(landmarks(seen), found),
        **{name: _json_of(np.repeat(seen[f"{side}_wrist"][:, None], 21, axis=1), hands[side])
           for name, side in ((LEFT_HAND, "left"), (RIGHT_HAND, "right"))},
    }  # fmt: skip
    for joint in JOINTS:
        for side in SIDES:
            a, b, c = (seen[f"{side}_{name}"] for name in _ANGLE_OF[joint])
            columns[f"{side}_{joint}_angle"] = _or_none(_angle(a, b, c), found)
    things = _things(seen, label, rng, found)
    for side in SIDES:
        wrist = seen[f"{side}_wrist"]
        columns[f"{side}_hand_x"], columns[f"{side}_hand_y"] = (_or_none(wrist[:, i], hands[side]) for i in (0, 1))
        speed = np.linalg.norm(np.gradient(wrist, axis=0), axis=1) / np.maximum(np.gradient(t), 1e-3)
        columns[f"{side}_hand_speed"] = _or_none(speed, hands[side])
        gap = np.linalg.norm(wrist - things["centre"], axis=1)
        columns[f"{side}_hand_obj_dist"] = _or_none(gap, hands[side] & things["there"])
    columns |= {name: things[name] for name in (OBJECTS, BOXES, CONFIDENCES)}
    columns["label"] = list(label)
    return {name: columns[name] for name in COLUMNS}


def moved(video: Video, rng: np.random.Generator, body: np.random.Generator) -> tuple[list[str], Array, Points]:
    """Label, time and skeleton of each frame that was not dropped."""
    n = round(video.seconds * video.fps)
    t = (np.arange(n) + rng.uniform(-0.2, 0.2, n)) / video.fps
    t = np.sort(t - t[0])
    label = np.empty(n, object)
    points: Points = {}
    at = 0.0
    tasks = list(video.tasks) or _drawn(rng, video.seconds)
    frame = _build(body)
    for number, (task, length) in enumerate(tasks):
        end = np.inf if number == len(tasks) - 1 else at + length
        inside = (t >= at) & (t < end)
        label[inside] = task
        moved = _skeleton(_pose(task, t[inside] - at, rng, body), frame)
        for name, place in moved.items():
            points.setdefault(name, np.zeros((n, 3)))[inside] = place
        at = end
    kept = rng.random(n) > 0.02 * video.difficulty
    return list(label[kept]), t[kept], {name: place[kept] for name, place in points.items()}


def _drawn(rng: np.random.Generator, seconds: float) -> list[tuple[str, float]]:
    """Every task for about as long, in some order, twice in a long video."""
    rounds = max(1, round(seconds / 60))
    order = [str(task) for _ in range(rounds) for task in rng.permutation(TASKS)]
    lengths = rng.uniform(0.8, 1.2, len(order))
    return list(zip(order, (lengths / lengths.sum() * seconds).tolist(), strict=True))


def _build(body: np.random.Generator) -> dict[str, float]:
    """Lengths of a person's limbs, in torso lengths."""
    usual = {"thigh": 0.85, "shank": 0.85, "upper": 0.6, "fore": 0.55, "shoulders": 0.38, "hips": 0.24, "neck": 0.35}
    return {name: length * float(body.uniform(0.88, 1.12)) for name, length in usual.items()}


def _pose(task: str, t: Array, rng: np.random.Generator, body: np.random.Generator) -> Mapping[str, Array]:
    """Joint angles in degrees over time: lean of the trunk, and for each side hip, knee, arm (from hanging), elbow."""
    period = float(body.uniform(0.8, 1.25)) * float(rng.uniform(0.85, 1.15))
    size = float(body.uniform(0.8, 1.1))
    phase = rng.uniform(0, 2 * np.pi)
    drift = np.cumsum(rng.normal(0, 0.02, len(t)))
    usual = {"squat": 2.6, "row": 1.8, "press": 2.2, "walk": 1.1, "idle": 6.0}[task]
    angle = 2 * np.pi * t / (usual * period) + phase + drift
    wave = 0.5 - 0.5 * np.cos(angle)
    still = np.zeros_like(t)
    if task == "squat":
        deep = size * 105 * wave
        return _both(10 + 0.35 * deep, 0.95 * deep, deep, still + 70, still + 20)
    if task == "row":
        pull = size * wave
        return _both(still + 50 + 4 * wave, still + 60, still + 25, 45 - 60 * pull, 10 + 100 * pull)
    if task == "press":
        lift = size * wave
        return _both(still + 2, still + 4, still + 5, 70 + 95 * lift, 115 - 105 * lift)
    if task == "walk":
        swing = size * np.sin(angle)
        return {
            "lean": still + 4, "left_hip": 28 * swing, "right_hip": -28 * swing,
            "left_knee": 12 + 40 * np.maximum(0, -np.cos(angle)), "right_knee": 12 + 40 * np.maximum(0, np.cos(angle)),
            "left_arm": -26 * swing, "right_arm": 26 * swing, "left_elbow": still + 22, "right_elbow": still + 22,
        }  # fmt: skip
    sway = np.sin(angle)
    arm, elbow = float(rng.uniform(0, 20)), float(rng.uniform(5, 80))
    return _both(3 + 2 * sway, 3 + sway, 5 + sway, arm + 4 * sway, elbow + 4 * sway)


def _both(lean: Array, hip: Array, knee: Array, arm: Array, elbow: Array) -> Mapping[str, Array]:
    sides = {f"{side}_{name}": value for side in SIDES
             for name, value in (("hip", hip), ("knee", knee), ("arm", arm), ("elbow", elbow))}  # fmt: skip
    return {"lean": lean, **sides}


def _skeleton(pose: Mapping[str, Array], frame: Mapping[str, float]) -> Points:
    """(n, 3) places in torso lengths, x to the person's left, y down, z ahead; feet stay on the ground."""
    lean = np.radians(pose["lean"])
    zero = np.zeros_like(lean)
    up = np.column_stack([zero, -np.cos(lean), np.sin(lean)])
    found: Points = {"nose": up * (1 + frame["neck"])}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        aside = np.array([sign, 0.0, 0.0])
        hip = zero[:, None] + aside * frame["hips"] / 2
        thigh = np.radians(pose[f"{side}_hip"])
        shin = thigh - np.radians(pose[f"{side}_knee"])
        knee = hip + frame["thigh"] * np.column_stack([zero, np.cos(thigh), np.sin(thigh)])
        ankle = knee + frame["shank"] * np.column_stack([zero, np.cos(shin), np.sin(shin)])
        shoulder = up + aside * frame["shoulders"] / 2
        arm = np.radians(pose[f"{side}_arm"])
        fore = arm + np.radians(pose[f"{side}_elbow"])
        elbow = shoulder + frame["upper"] * np.column_stack([zero + 0.1 * sign, np.cos(arm), np.sin(arm)])
        wrist = elbow + frame["fore"] * np.column_stack([zero, np.cos(fore), np.sin(fore)])
        places = {"hip": hip, "knee": knee, "ankle": ankle, "shoulder": shoulder, "elbow": elbow, "wrist": wrist}
        found |= {f"{side}_{name}": place for name, place in places.items()}
        found[f"{side}_toe"] = ankle + np.array([0.0, 0.05, 0.3])
    ground = np.maximum(found["left_ankle"][:, 1], found["right_ankle"][:, 1])
    return {name: place - np.column_stack([zero, ground, zero]) for name, place in found.items()}


def projected(points: Points, rng: np.random.Generator, difficulty: float) -> Points:
    """(n, 2) places in shares of the picture, from a camera anywhere in front or beside, with jitter."""
    yaw = rng.uniform(-1.2, 1.2)
    scale = rng.uniform(0.12, 0.24)
    centre = np.array([rng.uniform(0.35, 0.65), rng.uniform(0.8, 0.92)])
    n = len(points["nose"])
    found = {}
    for name, place in points.items():
        x = place[:, 0] * np.cos(yaw) + place[:, 2] * np.sin(yaw)
        jitter = rng.normal(0, 0.03 * scale * difficulty, (n, 2))
        found[name] = np.column_stack([x, place[:, 1]]) * scale + centre + jitter
    return found


def _things(seen: Points, label: Sequence[str], rng: np.random.Generator, found: npt.NDArray[Any]) -> dict[str, Any]:
    """A person and, now and then, a barbell near the hands or on the ground, a bench or a bottle."""
    n = len(label)
    held = np.isin(np.array(label, str), ("squat", "row", "press"))
    wrists = (seen["left_wrist"] + seen["right_wrist"]) / 2
    ground = (seen["left_ankle"] + seen["right_ankle"]) / 2 + np.array([0.25, 0.0])
    centre = np.where(held[:, None], wrists, ground)
    there = rng.random(n) < 0.6
    other = str(rng.choice(["bench", "bottle", "chair"]))
    beside = rng.random() < 0.5
    corners = np.stack(list(seen.values()))
    low, high = corners.min(axis=0), corners.max(axis=0)
    objects, boxes, confidences = [], [], []
    for i in range(n):
        names, own = (["person"], [[*low[i], *high[i]]]) if found[i] else ([], [])
        if there[i]:
            names.append("barbell")
            own.append([centre[i, 0] - 0.1, centre[i, 1] - 0.02, centre[i, 0] + 0.1, centre[i, 1] + 0.02])
        if beside:
            names.append(other)
            own.append([0.8, 0.7, 0.95, 0.9])
        objects.append(json.dumps(names))
        boxes.append(json.dumps([[round(float(v), 4) for v in box] for box in own]))
        confidences.append(json.dumps([round(float(v), 3) for v in rng.uniform(0.4, 0.95, len(names))]))
    return {OBJECTS: objects, BOXES: boxes, CONFIDENCES: confidences, "centre": centre, "there": there}


def landmarks(seen: Points) -> Array:
    """(n, 33, 2): the points that move by themselves, the others where their neighbours are."""
    out = np.repeat(seen["nose"][:, None], N_LANDMARKS, axis=1)
    for name, number in LANDMARKS.items():
        out[:, number] = seen[name]
    for number, near in {**dict.fromkeys((17, 19, 21), 15), **dict.fromkeys((18, 20, 22), 16), 29: 27, 30: 28}.items():
        out[:, number] = out[:, near]
    out[:, 31], out[:, 32] = seen["left_toe"], seen["right_toe"]
    return out


def _json_of(points: Array, there: npt.NDArray[Any]) -> list[str | None]:
    """JSON of (n, points, 2) with z = 0, None where nothing was found."""
    with_z = np.concatenate([points, np.zeros((*points.shape[:2], 1))], axis=2).round(4)
    return [json.dumps(one.tolist()) if ok else None for one, ok in zip(with_z, there, strict=True)]


def lost(rng: np.random.Generator, n: int, share: float) -> npt.NDArray[np.bool_]:
    """(n,) frames lost in bursts of about six."""
    starts = rng.random(n) < share / 6
    return np.convolve(starts, np.ones(6), "full")[:n] > 0


def _angle(a: Array, b: Array, c: Array) -> Array:
    """(n,) degrees at b."""
    one, two = a - b, c - b
    cosine = (one * two).sum(axis=1) / np.maximum(np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1), 1e-9)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _or_none(values: Array, there: npt.NDArray[Any]) -> list[float | None]:
    return [round(float(v), 4) if ok else None for v, ok in zip(values, there, strict=True)]
