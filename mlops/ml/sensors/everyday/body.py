"""A person's everyday life as movement of arms, trunk and legs: angles and accelerations over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.everyday.families import Family, Limb, Range
from mlops.ml.sensors.simulate.body import minimum_jerk

Float64Array = npt.NDArray[np.float64]
Place = Literal["wrist", "chest", "back", "ankle"]
PLACES: tuple[Place, ...] = ("wrist", "chest", "back", "ankle")
BOUT_S: Range = (10.0, 40.0)
"""One kind of movement lasts so long before another begins."""
LEAST_SAMPLES = 16
_LEVER_M: dict[str, Range] = {"wrist": (0.2, 0.5), "chest": (0.2, 0.5), "back": (0.05, 0.25), "ankle": (0.25, 0.5)}


@dataclass(frozen=True)
class Track:
    """How one place of the body moves: angles (n, 3) rad (roll, pitch, yaw), acceleration (n, 3) m/s² (forward, left,
    up, without gravity), bend (n,) rad of the back."""

    angles: Float64Array
    acceleration: Float64Array
    bend: Float64Array


@dataclass(frozen=True)
class Person:
    """speed and size against typical, unsteadiness; drawn once for a session."""

    speed: float
    size: float
    tremor: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Person:
        return cls(*(float(np.exp(rng.normal(0.0, spread))) for spread in (0.2, 0.25, 0.4)))


def live(
    families: Sequence[Family], places: Sequence[Place], seconds: float, rate_hz: float, rng: np.random.Generator
) -> list[Track]:
    """Return the tracks of all `places` of one person who does one thing after the other for `seconds`.

    At least `LEAST_SAMPLES` of them.
    """
    person = Person.draw(rng)
    pieces: list[list[Track]] = [[] for _ in places]
    left = max(LEAST_SAMPLES, round(seconds * rate_hz))
    while left > 0:
        n = max(LEAST_SAMPLES, round(rng.uniform(*BOUT_S) * rate_hz))
        n = left if left - n < LEAST_SAMPLES else n
        tracks = _bout(families[rng.integers(len(families))], places, n, rate_hz, person, rng)
        for own, track in zip(pieces, tracks, strict=True):
            own.append(track)
        left -= n
    return [_joined(own) for own in pieces]


def _joined(tracks: Sequence[Track]) -> Track:
    return Track(*(np.concatenate([getattr(t, name) for t in tracks]) for name in ("angles", "acceleration", "bend")))


def _bout(
    family: Family, places: Sequence[Place], n: int, rate_hz: float, person: Person, rng: np.random.Generator
) -> list[Track]:
    t_s = np.arange(n) / rate_hz
    push = float(rng.uniform(*family.push)) * person.size
    pace = float(rng.uniform(*family.steps_hz)) * person.speed**0.5
    steps = 2 * np.pi * (pace * t_s + 0.1 * _wander(t_s, 0.5, rng)) + rng.uniform(0, 6)
    lean = float(rng.uniform(*family.pitch))
    shake = _noise(n, rate_hz, (2.0, 12.0), 3, rng) * family.shake
    found = []
    for place in places:
        limb = {"wrist": family.arm, "ankle": family.leg}.get(place, family.trunk)
        angles = _angles(limb, t_s, rate_hz, person, rng)
        lever = _LEVER_M[place]
        acceleration = _moved(angles, float(rng.uniform(*lever)), rate_hz, rng) + shake
        bend = 0.4 * np.maximum(angles[:, 1], 0.0) + 0.02 * np.sin(2 * np.pi * 0.25 * t_s)
        if push > 0:
            swing, knocks = _walk(place, steps, push, t_s, rate_hz, rng)
            angles, acceleration = angles + swing, acceleration + knocks
        angles[:, 1] += lean if place in ("chest", "back") else 0.0
        found.append(Track(angles, acceleration, bend + max(0.0, 0.3 * lean)))
    return found


def _angles(limb: Limb, t_s: Float64Array, rate_hz: float, person: Person, rng: np.random.Generator) -> Float64Array:
    """Postures one after the other, repeated strokes now and then, a tremor."""
    span = float(t_s[-1]) + 1.0
    times, targets = [0.0], [rng.normal(0, limb.reach, 3)]
    while times[-1] < span:
        gap = float(rng.uniform(*limb.every_s)) / person.speed
        move = min(gap, float(rng.uniform(0.35, 1.3)) / person.speed)
        home = rng.random() < 0.35
        aim = targets[0] if home else rng.normal(0, limb.reach * person.size, 3) * (1.0, 1.3, 0.9)
        times += [times[-1] + max(0.02, gap - move), times[-1] + gap + 0.01]
        targets += [targets[-1], aim]
    angles = minimum_jerk(t_s, np.asarray(times), np.asarray(targets))
    if limb.cycle > 0:
        angles = angles + _strokes(limb, t_s, person, rng)
    return angles + _noise(len(t_s), rate_hz, (4.0, 12.0), 3, rng) * limb.tremor * person.tremor


def _strokes(limb: Limb, t_s: Float64Array, person: Person, rng: np.random.Generator) -> Float64Array:
    out = np.zeros((len(t_s), 3))
    now = float(rng.uniform(0, 2))
    axis = _unit(rng)
    while now < t_s[-1]:
        pace = float(rng.uniform(*limb.cycle_hz)) * person.speed
        lasts = float(rng.uniform(*limb.burst)) / pace
        a, b = np.searchsorted(t_s, [now, now + lasts])
        if b > a:
            since = t_s[a:b] - now
            phase = 2 * np.pi * pace * since + 0.4 * _wander(since, 1.0, rng)
            shape = np.sin(phase) + float(rng.uniform(0, 0.4)) * np.sin(2 * phase + rng.uniform(0, 6))
            ends = np.minimum(1.0, 4 * np.minimum(since, lasts - since) * pace / 2)
            size = limb.cycle * person.size * float(np.exp(rng.normal(0, 0.3)))
            out[a:b] += (size * shape * ends)[:, None] * axis
        now += lasts + float(rng.uniform(0.3, 4.0))
        if rng.random() < 0.3:
            axis = _unit(rng)
    return out


def _walk(
    place: Place, steps: Float64Array, push: float, t_s: Float64Array, rate_hz: float, rng: np.random.Generator
) -> tuple[Float64Array, Float64Array]:
    """(angles, acceleration) that steps add at a place: swing at half the pace, knocks at every step."""
    more = {"wrist": 1.0, "chest": 1.0, "back": 1.1, "ankle": 2.5}[place]
    swing = np.zeros((len(t_s), 3))
    size = float(rng.uniform(0.05, 0.5)) if place == "wrist" else 0.45 if place == "ankle" else 0.03
    own = steps / 2 + (np.pi if rng.random() < 0.5 else 0.0)
    swing[:, 1] = size * (np.sin(own) + (0.3 if place == "ankle" else 0.1) * np.sin(2 * own + 0.8))
    swing[:, 0], swing[:, 2] = 0.15 * size * np.sin(steps + 1.0), 0.25 * size * np.cos(own)
    knocks = np.zeros((len(t_s), 3))
    sharp = float(rng.uniform(0.2, 0.7))
    pulse = np.exp(6 * (np.cos(steps) - 1)) * sharp * 3
    knocks[:, 2] = push * more * (np.sin(steps) + 0.35 * np.sin(2 * steps + rng.uniform(0, 6)) + pulse - pulse.mean())
    knocks[:, 0] = push * more * 0.5 * np.cos(steps + rng.uniform(0, 1))
    knocks[:, 1] = push * more * 0.3 * np.cos(own)
    return swing, knocks + _noise(len(t_s), rate_hz, (4.0, 15.0), 3, rng) * 0.1 * push * more


def _moved(angles: Float64Array, lever_m: float, rate_hz: float, rng: np.random.Generator) -> Float64Array:
    """Acceleration of the end of a lever that turns by `angles`, in m/s²."""
    pitch, yaw = angles[:, 1], angles[:, 2]
    place = lever_m * np.column_stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    step = 1 / rate_hz
    return np.clip(np.gradient(np.gradient(place, step, axis=0), step, axis=0), -30.0, 30.0)


def _unit(rng: np.random.Generator) -> Float64Array:
    vector = rng.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector))


def _wander(t_s: Float64Array, hz: float, rng: np.random.Generator) -> Float64Array:
    points = np.arange(int((t_s[-1] if len(t_s) else 0) * hz) + 3) / hz
    return np.interp(t_s, points, np.cumsum(rng.standard_normal(len(points))))


def _noise(n: int, rate_hz: float, band_hz: Range, columns: int, rng: np.random.Generator) -> Float64Array:
    """(n, columns) noise of standard deviation 1 between two frequencies, as far as the rate carries them."""
    spectrum = np.fft.rfft(rng.standard_normal((n, columns)), axis=0)
    hz = np.fft.rfftfreq(n, 1 / rate_hz)
    spectrum[(hz < min(band_hz[0], rate_hz / 4)) | (hz > band_hz[1])] = 0.0
    out = np.fft.irfft(spectrum, n, axis=0)
    return np.asarray(out / np.maximum(out.std(axis=0), 1e-9))
