"""From moments to motion to samples: how the trunk moves between moments, and what a device on it measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import FloatArray
from mlops.ml.sensors.simulate.subjects import SubjectTraits

GRAVITY = 9.80665  # m/s²
_STEP_HZ = 1.85  # walking cadence
_TREMOR_PUSH = 15.0  # m/s² that trembling by one radian shakes the device with
_WANDER_HZ = 3.0  # rate of the random points that slow wandering is drawn through

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Burst:
    """A stretch of time with trembling (rad, from start to end) and steps (m/s²)."""

    start_s: float
    end_s: float
    shake_start: float
    shake_end: float
    gait: float


@dataclass(frozen=True)
class Motion:
    """The trunk over time: angles (n,) in rad, linear acceleration (n, 3) in m/s² (forward, left, up)."""

    t_s: Float64Array
    pitch: Float64Array
    bend: Float64Array
    lateral: Float64Array
    twist: Float64Array
    acceleration: Float64Array


def body_motion(
    t_s: Float64Array,
    times: Sequence[float],
    postures: Sequence[Float64Array],
    bursts: Sequence[Burst],
    impacts: Sequence[tuple[float, float]],
    subject: SubjectTraits,
    rng: np.random.Generator,
) -> Motion:
    """Move through the moments with minimum jerk and add breath, sway, trembling, steps and knocks."""
    posture = minimum_jerk(t_s, np.asarray(times), np.asarray(postures))
    pitch, bend, lateral, twist, height, forward = posture.T
    lateral = lateral + subject.lean_lateral * (pitch + bend)
    twist = twist + subject.lean_twist * (pitch + bend)
    breath = np.sin(2 * np.pi * float(rng.uniform(0.2, 0.35)) * t_s + float(rng.uniform(0, 6)))
    shake, gait = np.zeros(len(t_s)), np.zeros(len(t_s))
    for burst in bursts:
        a, b = np.searchsorted(t_s, [burst.start_s, burst.end_s])
        shake[a:b] = np.linspace(burst.shake_start, burst.shake_end, b - a) * subject.noise
        gait[a:b] = burst.gait * np.minimum(1.0, np.minimum(np.arange(b - a), np.arange(b - a)[::-1]) / 25.0)
    sway = _wander(t_s, 4, _WANDER_HZ, rng) * np.array([0.012, 0.010, 0.012, 0.014])
    tremor = _wander(t_s, 5, 9.0, rng) * shake[:, None]
    steps = 2 * np.pi * _STEP_HZ * subject.speed**0.5 * t_s
    pitch = pitch + sway[:, 0] + tremor[:, 0] + 0.008 * gait * np.sin(steps)
    bend = bend + sway[:, 1] + tremor[:, 1] + 0.008 * breath + 0.006 * gait * np.cos(steps)
    lateral = lateral + sway[:, 2] + tremor[:, 2] + 0.022 * gait * np.sin(steps / 2)
    twist = twist + sway[:, 3] + tremor[:, 3] + 0.030 * gait * np.cos(steps / 2)
    acceleration = np.zeros((len(t_s), 3))
    acceleration[:, 0] = _second_derivative(forward, t_s) + 0.5 * gait * np.cos(steps)
    acceleration[:, 1] = 0.4 * gait * np.cos(steps / 2)
    acceleration[:, 2] = _second_derivative(height, t_s) + gait * (np.sin(steps) + 0.35 * np.sin(2 * steps))
    acceleration += _TREMOR_PUSH * tremor[:, [0, 2, 4]]
    for at, strength in impacts:
        a, b = np.searchsorted(t_s, [at, at + 0.3])
        since = t_s[a:b] - at
        acceleration[a:b, 2] += strength * np.exp(-since / 0.06) * np.cos(2 * np.pi * 8 * since)
    day = rng.normal(0.0, 0.03, 4)  # the device is put on a little differently every day
    return Motion(
        t_s,
        pitch + subject.pitch + day[0],
        bend + subject.bend + day[1],
        lateral + subject.lateral + day[2],
        twist + subject.twist + day[3],
        acceleration,
    )


def flextail_samples(motion: Motion, subject: SubjectTraits, rng: np.random.Generator) -> FloatArray:
    """Return (n, 5) samples of the `flextail` layout: lumbarAngle, sagittal, lateral, twist (rad), acceleration (g)."""
    total = motion.acceleration + np.array([0.0, 0.0, GRAVITY])
    out = np.column_stack(
        [
            motion.bend,
            motion.pitch + 0.2 * motion.bend,
            motion.lateral,
            motion.twist,
            np.linalg.norm(total, axis=1) / GRAVITY,
        ]
    )
    out += subject.noise * np.array([0.008, 0.010, 0.010, 0.012, 0.015]) * rng.standard_normal(out.shape)
    return np.ascontiguousarray(out, np.float32)


def imu_samples(motion: Motion, subject: SubjectTraits, rng: np.random.Generator) -> FloatArray:
    """Return (n, 6) samples of the `imu6` layout, worn on the breastbone: acc (m/s²), gyr (rad/s).

    Device axes: x forward, y left, z up when standing, turned by the person's strap. The accelerometer measures
    acceleration minus gravity in the turned frame; the gyroscope the body rates of yaw–pitch–roll angles.
    """
    pitch, roll, yaw = motion.pitch + 0.6 * motion.bend, motion.lateral, motion.twist
    body = to_body(motion.acceleration + np.array([0.0, 0.0, GRAVITY]), roll, pitch, yaw)
    d_roll, d_pitch, d_yaw = (np.gradient(angle, motion.t_s) for angle in (roll, pitch, yaw))
    rates = np.column_stack(
        [
            d_roll - d_yaw * np.sin(pitch),
            d_pitch * np.cos(roll) + d_yaw * np.sin(roll) * np.cos(pitch),
            -d_pitch * np.sin(roll) + d_yaw * np.cos(roll) * np.cos(pitch),
        ]
    )
    turn = _rotation(*(np.asarray(subject.strap) + rng.normal(0, 0.04, 3)))
    out = np.concatenate([body @ turn, rates @ turn], axis=1)
    out[:, :3] += 0.08 * subject.noise * rng.standard_normal(body.shape) + rng.normal(0, 0.04, 3)
    out[:, 3:] += 0.02 * subject.noise * rng.standard_normal(body.shape) + rng.normal(0, 0.01, 3)
    return np.ascontiguousarray(out, np.float32)


def minimum_jerk(t_s: Float64Array, times: Float64Array, values: Float64Array) -> Float64Array:
    """Return values (n, k) at `t_s` on the path through (times, values): v₀ + (v₁ − v₀)(10u³ − 15u⁴ + 6u⁵)."""
    i = np.clip(np.searchsorted(times, t_s, side="right") - 1, 0, len(times) - 2)
    u = np.clip((t_s - times[i]) / (times[i + 1] - times[i]), 0.0, 1.0)
    part = u**3 * (10 - 15 * u + 6 * u**2)
    return np.asarray(values[i] + (values[i + 1] - values[i]) * part[:, None])


def _second_derivative(values: Float64Array, t_s: Float64Array) -> Float64Array:
    return np.gradient(np.gradient(values, t_s), t_s)


def _wander(t_s: Float64Array, n: int, rate_hz: float, rng: np.random.Generator) -> Float64Array:
    """Return (len(t_s), n) random lines through normal points at `rate_hz`."""
    points = np.arange(int(t_s[-1] * rate_hz) + 2) / rate_hz
    return np.column_stack([np.interp(t_s, points, rng.standard_normal(len(points))) for _ in range(n)])


def to_body(vectors: Float64Array, roll: Float64Array, pitch: Float64Array, yaw: Float64Array) -> Float64Array:
    """Turn world vectors (n, 3) into the frame of a body with these angles: Rxᵀ · Ryᵀ · Rzᵀ · v."""
    x, y, z = vectors.T
    x, y = np.cos(yaw) * x + np.sin(yaw) * y, -np.sin(yaw) * x + np.cos(yaw) * y
    x, z = np.cos(pitch) * x - np.sin(pitch) * z, np.sin(pitch) * x + np.cos(pitch) * z
    y, z = np.cos(roll) * y + np.sin(roll) * z, -np.sin(roll) * y + np.cos(roll) * z
    return np.column_stack([x, y, z])


def _rotation(roll: float, pitch: float, yaw: float) -> Float64Array:
    eye = np.eye(3)
    return to_body(eye, np.full(3, roll), np.full(3, pitch), np.full(3, yaw)).T
