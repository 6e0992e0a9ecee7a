"""Whole sequences: one repetition, or a set with pauses between, as a pose model would see it, and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mlops.ml.biomechanics.generator.body import Body, make_body
from mlops.ml.biomechanics.generator.camera import Camera, hidden, make_camera, project
from mlops.ml.biomechanics.generator.faults import FAULTS, form_level, form_score
from mlops.ml.biomechanics.generator.holding import Style, draw_style
from mlops.ml.biomechanics.generator.jitter import jittered
from mlops.ml.biomechanics.generator.kinematics import landmarks_of
from mlops.ml.biomechanics.generator.lifts import deadlift, lunge, squat
from mlops.ml.biomechanics.generator.presses import bench_press, overhead_press
from mlops.ml.biomechanics.generator.tempo import Tempo, draw_tempo, duration_s, turn_s, way
from mlops.ml.biomechanics.generator.truth import factors_of, risk_of, smallest_angles
from mlops.ml.biomechanics.geometry import Array

MOVEMENTS = {
    "squat": squat, "deadlift": deadlift, "bench_press": bench_press, "overhead_press": overhead_press, "lunge": lunge,
}  # fmt: skip
RATE_HZ = 30.0


@dataclass(frozen=True)
class Repetition:
    """What is true of one repetition; times in seconds of the sequence. `turn_s` is the middle of the hold at the other
    end: the bottom of a squat, the bar on the chest, the top of a deadlift."""

    exercise: str
    faults: dict[str, float]
    form_score: float
    form_level: str
    angles: dict[str, float]
    risk: float
    factors: dict[str, float]
    start_s: float
    turn_s: float
    end_s: float


class Generated(NamedTuple):
    """One sequence.

    landmarks   (n, 33, 3) x, y as shares of width and height, z as MediaPipe's
    times       (n,) seconds
    truth       one entry a repetition
    visibility  (n, 33) from 0 to 1
    world       (n, 33, 3) metres: the skeleton itself, X ahead, Y up, Z to the person's right
    camera      where it was seen from; `camera.width / camera.height` is the aspect
    """

    landmarks: Array
    times: Array
    truth: list[Repetition]
    visibility: Array
    world: Array
    camera: Camera


@dataclass
class _Plan:
    tempo: Tempo
    severities: dict[str, float]
    start_s: float
    samples: slice = field(default_factory=lambda: slice(0, 0))


def generate_repetition(
    exercise: str, faults: Mapping[str, float] | None = None, view: str = "front", seed: int = 0, *,
    body: Body | None = None, camera: Camera | None = None, jitter: float = 1.0, rate_hz: float = RATE_HZ,
) -> Generated:  # fmt: skip
    """One repetition. The same arguments give the same numbers."""
    return generate_set(
        exercise, 1, faults, view, seed, body=body, camera=camera, jitter=jitter, rate_hz=rate_hz, rest_s=(0.0, 0.0),
    )  # fmt: skip


def generate_set(
    exercise: str, repetitions: int, faults: Mapping[str, float] | None = None, view: str = "front", seed: int = 0, *,
    body: Body | None = None, camera: Camera | None = None, jitter: float = 1.0, rate_hz: float = RATE_HZ,
    rest_s: tuple[float, float] = (0.4, 2.0), varied: bool = False,
) -> Generated:  # fmt: skip
    """Several repetitions with stillness before, between and after.

    faults   severities from 0 to 1 by the names of `FAULTS[exercise]`; `varied`: each repetition has its own share
    view     a name of `VIEWS`; `camera` says it exactly
    jitter   0 for the exact projection, 1 as MediaPipe's
    rest_s   stillness between repetitions, from and to
    """
    given = {name: 0.0 for name in FAULTS[exercise]} | dict(faults or {})
    if set(given) != set(FAULTS[exercise]) or not all(0.0 <= value <= 1.0 for value in given.values()):
        raise ValueError(f"faults of {exercise} are {', '.join(FAULTS[exercise])}, from 0 to 1")
    rng = np.random.default_rng([seed, 2])
    body = body or make_body(seed)
    style = draw_style(rng, exercise)
    plans = _plans(exercise, repetitions, given, rng, rest_s, varied)
    end = plans[-1].start_s + duration_s(plans[-1].tempo) + (rest_s[0] and float(rng.uniform(*rest_s)))
    times = np.arange(max(2, round(end * rate_hz))) / rate_hz
    s, severities = _over_time(exercise, plans, times, rate_hz)
    pose = MOVEMENTS[exercise](body, style, s, severities, _swaying(times, rng))
    world = landmarks_of(body, pose)
    truth = [_true_of(exercise, plan, world[plan.samples], pose.flexion[plan.samples], style) for plan in plans]
    camera = camera or make_camera(view, world, rng)
    landmarks, depth = project(world, camera)
    seen, visibility = jittered(
        landmarks, hidden(landmarks, depth, camera), rng, strength=jitter, rate_hz=rate_hz,
        aspect=camera.width / camera.height,
    )  # fmt: skip
    return Generated(seen.astype(np.float32), times, truth, visibility.astype(np.float32), world, camera)


def _plans(
    exercise: str, n: int, faults: Mapping[str, float], rng: np.random.Generator, rest_s: tuple[float, float],
    varied: bool,
) -> list[_Plan]:  # fmt: skip
    found, at = [], float(rng.uniform(*rest_s))
    for _ in range(n):
        share = float(rng.uniform(0.6, 1.0)) if varied else 1.0
        severities = {name: share * value for name, value in faults.items()}
        plan = _Plan(draw_tempo(rng, exercise, severities["uncontrolled"]), severities, at)
        found.append(plan)
        at += duration_s(plan.tempo) + float(rng.uniform(*rest_s))
    return found


def _over_time(exercise: str, plans: list[_Plan], times: Array, rate_hz: float) -> tuple[Array, dict[str, Array]]:
    """(n,) s and the severities of every frame; what changes between repetitions changes softly."""
    s = np.full(len(times), 1.0 if exercise == "deadlift" else 0.0)
    severities = {name: np.full(len(times), value) for name, value in plans[0].severities.items()}
    for plan in plans:
        inside = (times >= plan.start_s) & (times < plan.start_s + duration_s(plan.tempo))
        s[inside] = way(plan.tempo, exercise, times[inside] - plan.start_s)
        where = np.flatnonzero(inside)
        plan.samples = slice(int(where[0]), int(where[-1]) + 1)
        for name, value in plan.severities.items():
            severities[name][plan.samples.start :] = value
    if len(plans) > 1:
        width = max(1, round(0.2 * rate_hz))
        kernel = np.ones(2 * width + 1) / (2 * width + 1)
        for name, one in severities.items():
            severities[name] = np.convolve(np.pad(one, width, "edge"), kernel, "valid")
    return s, severities


def _swaying(times: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Nobody stands quite still: degrees by which trunk and head sway."""
    found = {}
    for name, size in (("side", 0.6), ("twist", 0.8), ("head", 2.0)):
        periods, phases = rng.uniform(1.5, 5.0, 3), rng.uniform(0, 2 * np.pi, 3)
        waves = [np.sin(2 * np.pi * times / p + q) for p, q in zip(periods, phases, strict=True)]
        found[name] = size / 2 * np.sum(waves, axis=0)
    return found


def _true_of(exercise: str, plan: _Plan, world: Array, flexion: Array, style: Style) -> Repetition:
    score = form_score(exercise, plan.severities)
    measured = factors_of(exercise, world, flexion, plan.tempo, lead=style.lead)
    return Repetition(
        exercise, plan.severities, score, form_level(score), smallest_angles(world), risk_of(exercise, measured),
        measured, plan.start_s, plan.start_s + turn_s(plan.tempo, exercise), plan.start_s + duration_s(plan.tempo),
    )  # fmt: skip
