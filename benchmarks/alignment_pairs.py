"""Generated pairs of a video and a sensor of the same movement, of different ones, and of purely periodic ones.

One body moves at 100 Hz; a camera sees it at 24 to 60 frames a second with jitter and lost frames, and a sensor at a
wrist or the hips measures how it turns and accelerates, on its own clock that runs fast or slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.alignment import MotionCurve
from mlops.ml.sensors.motion_energy import motion_of_samples
from mlops.ml.sensors.triads import GRAVITY
from mlops.ml.vision.task_generator import Points, Video, landmarks, lost, moved, projected
from mlops.ml.vision.video.motion_energy import motion_of_landmarks

Floats = npt.NDArray[np.float64]
BODY_HZ = 100.0
TORSO_M = 0.5
CHANNELS = [(f"{kind}_{axis}", unit) for kind, unit in (("acc", "m/s²"), ("gyr", "rad/s")) for axis in "xyz"]
_CHANGE_S = 0.5
_AROUND_S = 25.0


@dataclass(frozen=True)
class Pair:
    """offset_s and drift_ppm: where the video lies in the sensor's recording."""

    video: MotionCurve
    sensor: MotionCurve
    seconds: float
    offset_s: float
    drift_ppm: float

    def at(self, t_s: float) -> float:
        return self.offset_s + t_s * (1 + self.drift_ppm * 1e-6)


def generated_pair(seed: int, *, is_wrist: bool = True, difficulty: float = 1.0) -> Pair:
    """40 s to 10 min of sets with pauses, an offset of up to ± 10 s, a drift of up to 100 ppm; the sensor at a wrist,
    or at the hips, which this body keeps quite still in presses and rows."""
    rng = np.random.default_rng([71, seed])
    seconds = float(np.exp(rng.uniform(np.log(40), np.log(600))))
    t, points = _body(rng, seconds + 2 * _AROUND_S)
    offset_s, drift_ppm = float(rng.uniform(-10, 10)), float(rng.uniform(-100, 100))
    video = _filmed(rng, t - _AROUND_S, points, seconds, difficulty)
    sensor = _measured(rng, t - _AROUND_S, points, offset_s, drift_ppm, difficulty, is_wrist)
    return Pair(video, sensor, seconds, offset_s, drift_ppm)


def unrelated_pair(seed: int) -> Pair:
    """The video of one body and the sensor of another."""
    one, other = generated_pair(2 * seed + 100_000), generated_pair(2 * seed + 100_001, is_wrist=seed % 2 == 0)
    return Pair(one.video, other.sensor, one.seconds, 0.0, 0.0)


def periodic_pair(seed: int, seconds: float = 60.0) -> Pair:
    """A body that swings in even time from before the beginning to after the end."""
    rng = np.random.default_rng([73, seed])
    t = np.arange(-_AROUND_S, seconds + _AROUND_S, 1 / BODY_HZ)
    angle = 0.9 * np.sin(2 * np.pi * t / rng.uniform(0.9, 3.0))
    points = _body(rng, 12.0)[1]
    shoulder = points["right_shoulder"][0]
    swung = {name: np.repeat(place[:1], len(t), 0) for name, place in points.items()}
    for side in ("left", "right"):
        for joint, length in (("elbow", 0.6), ("wrist", 1.15)):
            aside = np.array([0.0, length, 0.0]) * np.cos(angle)[:, None]
            swung[f"{side}_{joint}"] = shoulder + aside + np.array([0.0, 0.0, length]) * np.sin(angle)[:, None]
    offset_s = float(rng.uniform(-10, 10))
    video = _filmed(rng, t, swung, seconds, 1.0)
    return Pair(video, _measured(rng, t, swung, offset_s, 0.0, 1.0, True), seconds, offset_s, 0.0)


def _body(rng: np.random.Generator, seconds: float) -> tuple[Floats, Points]:
    """(t, places in torso lengths): sets of half a minute with pauses between, each change taking a second."""
    tasks: list[tuple[str, float]] = []
    while sum(length for _, length in tasks) < seconds:
        tasks.append((str(rng.choice(["squat", "row", "press", "walk"])), float(rng.uniform(12, 35))))
        tasks.append(("idle", float(rng.uniform(4, 20))))
    seed = int(rng.integers(2**31))
    film = Video(f"pair-{seed:010d}", seed, seconds, BODY_HZ, tasks, 1e-9, seed)
    label, t, points = moved(film, rng, np.random.default_rng(seed))
    even = np.arange(0, t[-1], 1 / BODY_HZ)
    points = {name: np.stack([np.interp(even, t, place[:, k]) for k in range(3)], 1) for name, place in points.items()}
    reach = int(_CHANGE_S * BODY_HZ)
    changes = [t[i] for i in range(1, len(label)) if label[i] != label[i - 1]]
    for at in (int(one * BODY_HZ) for one in changes):
        a, b = max(0, at - reach), min(len(even) - 1, at + reach)
        share = (0.5 - 0.5 * np.cos(np.pi * np.arange(b - a) / max(1, b - a)))[:, None]
        for place in points.values():
            place[a:b] = place[a] * (1 - share) + place[b] * share
    return even, points


def _filmed(rng: np.random.Generator, t: Floats, points: Points, seconds: float, difficulty: float) -> MotionCurve:
    """What a camera and a detector make of [0, seconds)."""
    fps = float(rng.choice([24.0, 25.0, 30.0, 60.0]))
    frames = np.arange(0, seconds, 1 / fps)
    frames = frames[rng.random(len(frames)) > 0.02 * difficulty]
    seen = projected({name: _at(frames, t, place) for name, place in points.items()}, rng, difficulty)
    flat = landmarks(seen)
    pose = np.concatenate([flat, np.zeros((*flat.shape[:2], 1)), np.full((*flat.shape[:2], 1), 0.9)], axis=2)
    pose[lost(rng, len(frames), 0.03 * difficulty)] = np.nan
    return motion_of_landmarks(frames, pose, 1.0)


def _measured(
    rng: np.random.Generator, t: Floats, points: Points, offset_s: float, drift_ppm: float, difficulty: float,
    is_wrist: bool,
) -> MotionCurve:  # fmt: skip
    """What a sensor at a wrist or the hips measures, from its own start on."""
    lower, upper = ("right_elbow", "right_wrist") if is_wrist else ("right_hip", "right_shoulder")
    along = _unit(points[upper] - points[lower])
    aside = _unit(np.cross(along, [0.0, 0.0, 1.0]) + np.array([0.3, 0.0, 0.0]))
    aside = _unit(aside - along * (aside * along).sum(1, keepdims=True))
    frame = np.stack([along, aside, np.cross(along, aside)], 1)  # rows: axes of the sensor
    place = TORSO_M * points["right_wrist" if is_wrist else "right_hip"]
    force = np.gradient(np.gradient(place, 1 / BODY_HZ, axis=0), 1 / BODY_HZ, axis=0) - np.array([0, GRAVITY, 0])
    turned = np.einsum("nij,nkj->nik", np.gradient(frame, 1 / BODY_HZ, axis=0), frame)
    rate = np.stack([turned[:, 2, 1], turned[:, 0, 2], turned[:, 1, 0]], 1)
    signal = np.concatenate([np.einsum("nij,nj->ni", frame, force), rate], 1)
    hz = float(rng.choice([50.0, 100.0, 104.0]))
    own = np.arange(0, t[-1] - t[0], 1 / hz) + t[0] + max(0.0, offset_s)
    own = own - own[0] + max(0.0, t[0] + offset_s)
    body_t = (own - offset_s) / (1 + drift_ppm * 1e-6)
    inside = (body_t >= t[0]) & (body_t <= t[-1])
    own, body_t = own[inside], body_t[inside]
    noise = rng.normal(0, 1, (len(own), 6)) * ([0.15] * 3 + [0.03] * 3) * difficulty
    steady = rng.normal(0, 0.02, 6)
    return motion_of_samples(own, _at(body_t, t, signal) + noise + steady, CHANNELS)


def _at(times: Floats, t: Floats, values: Floats) -> Floats:
    return np.stack([np.interp(times, t, values[:, k]) for k in range(values.shape[1])], 1)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
