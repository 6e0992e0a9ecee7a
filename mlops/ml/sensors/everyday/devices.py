"""What a dataset's own sensors look like, and everyday movement as such sensors would measure it.

The library must differ from a dataset's recordings by the movement alone: a model that learns to know the device names
an exercise whatever that device measures, and leaves it out on every other. So noise, gain, rate and posture are those
of the dataset's own recordings, drawn anew for each session around what they are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray
from mlops.ml.sensors.everyday.body import PLACES, Float64Array, Place, Track
from mlops.ml.sensors.simulate.body import to_body
from mlops.ml.sensors.triads import GRAVITY, Triad, find_norms, find_triads

Channels = Sequence[tuple[str, str]]
ANGLES = {"lumbarangle": "bend", "sagittal": "pitch", "lateral": "roll", "twist": "yaw"}
"""Angles of a back sensor, by the names of their channels."""
_PLACE_WORDS: tuple[tuple[str, Place], ...] = (
    ("wrist", "wrist"), ("hand", "wrist"), ("arm", "wrist"), ("watch", "wrist"), ("chest", "chest"), ("stern", "chest"),
    ("torso", "chest"), ("back", "back"), ("lumbar", "back"), ("waist", "back"), ("hip", "back"), ("pelvis", "back"),
    ("ankle", "ankle"), ("foot", "ankle"), ("shank", "ankle"), ("leg", "ankle"), ("thigh", "ankle"),
)  # fmt: skip
MOVES = 12.0
"""A window moves where a channel's spread is so many times the noise."""
APART, REST_APART = 0.25, 0.1
"""How far a posture lies from the dataset's own where it is alike, in gravities; at rest beside an exercise."""
STILL_SHARE = 0.1
"""The stillest windows of a dataset, from which its sensors' noise and gain are read."""


def unknown_channels(channels: Channels) -> list[str]:
    """Names of channels that everyday movement cannot be rendered for: a heart rate, a pressure, one axis alone."""
    known = {column for triad in find_triads(channels) for column in triad.columns}
    known |= {column for column, _ in find_norms(channels)}
    known |= {n for n, (name, unit) in enumerate(channels) if unit == "rad" and name.lower() in ANGLES}
    return [name for n, (name, _) in enumerate(channels) if n not in known]


def see_posture(channels: Channels) -> bool:
    """Whether some channel tells where down is."""
    angles = any(unit == "rad" and name.lower() in ANGLES for name, unit in channels)
    return angles or any(triad.kind == "acc" for triad in find_triads(channels))


@dataclass(frozen=True)
class OwnLook:
    """Averages over a dataset's own recordings, in their own units; nothing of one person.

    noise     (channels,) of the sensors where the body is stillest
    postures  (labels, channels) mean of the windows of each label that moves: a hold's posture is the hold
    gain      length of what the accelerometers measure at rest against gravity, by the number of their triad
    """

    noise: Float64Array
    postures: Float64Array
    gain: dict[int, float]

    @classmethod
    def of(cls, windows: npt.NDArray[Any], y: IntArray, channels: Channels) -> OwnLook:
        """From raw windows (n, length, channels), at least one, and their labels' numbers."""
        x = np.asarray(windows, np.float64)
        wiggle = x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]
        noise = np.quantile(np.sqrt((wiggle**2).mean(axis=1) / 6), STILL_SHARE, axis=0)
        means = x.mean(axis=1)
        moves = (x.std(axis=1) / np.maximum(noise, 1e-9)).max(axis=1) > MOVES
        labels = [label for label in np.unique(y) if moves[y == label].mean() > 0.5]
        postures = np.array([means[y == label].mean(axis=0) for label in labels]).reshape(-1, x.shape[2])
        gain = {}
        for number, triad in enumerate(find_triads(channels)):
            if triad.kind == "acc":
                columns = list(triad.columns)
                still = np.argsort(x[:, :, columns].std(axis=1).sum(axis=1))[: max(1, int(STILL_SHARE * len(x)))]
                length = float(np.median(np.linalg.norm(means[still][:, columns], axis=1)))
                gain[number] = length * triad.scale / GRAVITY
        return cls(noise, postures, gain)


def places_for(channels: Channels, rng: np.random.Generator) -> dict[str, Place]:
    """Where on the body each device of a layout is, by its name where that tells, else drawn."""
    devices = dict.fromkeys(triad.unit for triad in find_triads(channels))
    found: dict[str, Place] = {}
    for device in devices:
        told = next((place for word, place in _PLACE_WORDS if word in device.lower()), None)
        found[device] = told or PLACES[rng.integers(len(PLACES))]
    return found or {"": "back"}


def render(
    tracks: dict[str, Track],
    channels: Channels,
    look: OwnLook,
    rate_hz: float,
    rng: np.random.Generator,
    *,
    rest: bool = False,
) -> npt.NDArray[np.float32]:
    """(n, channels) samples that the devices of a layout give for the tracks of their places.

    rest  the body keeps still about as it does in an exercise, before and after it
    """
    n = len(next(iter(tracks.values())).bend)
    out = np.zeros((n, len(channels)))
    natural = len(look.postures) > 0 and (rest or rng.random() < 0.5)  # the others are worn in any other way
    posture = look.postures[rng.integers(len(look.postures))] if natural else np.zeros(len(channels))
    apart = REST_APART if rest else APART
    triads = find_triads(channels)
    for device, track in tracks.items():
        force, rates = _measured(track, rate_hz)
        own = [(number, triad) for number, triad in enumerate(triads) if triad.unit == device]
        turn = _mounting(force, own, posture, apart, rng)
        for number, triad in own:
            columns = list(triad.columns)
            if triad.kind == "acc":
                gain = look.gain.get(number, 1.0)
                if not 0.5 < gain < 2.0:
                    gain = 1.0
                vectors = (force @ turn + rng.normal(0, 0.1, 3)) * gain / triad.scale
            elif triad.kind == "gyr":
                vectors = (rates @ turn + rng.normal(0, 0.01, 3)) / triad.scale
            else:
                vectors = _field(track, rng) @ turn
            out[:, columns] = vectors * (1 + rng.normal(0, 0.02, 3))
    trunk = next(iter(tracks.values()))
    for column, scale in find_norms(channels):
        force, _ = _measured(trunk, rate_hz)
        out[:, column] = np.linalg.norm(force, axis=1) / scale
    for column, (name, unit) in enumerate(channels):
        if unit == "rad" and (what := ANGLES.get(name.lower())):
            roll, pitch, yaw = trunk.angles.T
            angle = {"bend": trunk.bend, "pitch": pitch + 0.2 * trunk.bend, "roll": roll, "yaw": yaw}[what]
            out[:, column] = angle + (posture[column] - angle.mean() if natural else rng.normal(0, 0.1))
    noise = look.noise * np.exp(rng.normal(-0.7, 0.7))  # even the stillest window of an exercise moves a little
    out += noise * rng.standard_normal(out.shape)
    return np.ascontiguousarray(out, np.float32)


def _measured(track: Track, rate_hz: float) -> tuple[Float64Array, Float64Array]:
    """(specific force, turning rates) of a place, both (n, 3) in the frame of the body part."""
    roll, pitch, yaw = track.angles.T
    force = to_body(track.acceleration + np.array([0.0, 0.0, GRAVITY]), roll, pitch, yaw)
    d_roll, d_pitch, d_yaw = np.gradient(track.angles, 1 / rate_hz, axis=0).T
    rates = np.column_stack(
        [
            d_roll - d_yaw * np.sin(pitch),
            d_pitch * np.cos(roll) + d_yaw * np.sin(roll) * np.cos(pitch),
            -d_pitch * np.sin(roll) + d_yaw * np.cos(roll) * np.cos(pitch),
        ]
    )
    return force, np.clip(rates, -35.0, 35.0)


def _field(track: Track, rng: np.random.Generator) -> Float64Array:
    """The earth's magnetic field (µT) in the frame of the body part, somewhere in the world."""
    dip, heading = rng.uniform(0.3, 1.2), rng.uniform(0, 2 * np.pi)
    world = 48.0 * np.array([np.cos(dip) * np.cos(heading), np.cos(dip) * np.sin(heading), -np.sin(dip)])
    roll, pitch, yaw = track.angles.T
    return to_body(np.tile(world, (len(roll), 1)), roll, pitch, yaw)


def _mounting(
    force: Float64Array,
    own: Sequence[tuple[int, Triad]],
    posture: Float64Array,
    apart: float,
    rng: np.random.Generator,
) -> Float64Array:
    """A rotation (3, 3): any, or one that puts gravity about where the dataset's own recordings have it."""
    anyhow, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    anyhow *= np.sign(np.linalg.det(anyhow))
    acc = next((list(triad.columns) for _, triad in own if triad.kind == "acc"), None)
    if acc is None or not np.linalg.norm(posture[acc]) > 0:
        return anyhow
    begin = int(rng.integers(len(force)))
    down = force[begin : begin + 100].mean(axis=0) @ anyhow
    wanted = posture[acc] / np.linalg.norm(posture[acc]) + rng.normal(0, apart, 3)
    return anyhow @ _turning(down, wanted)


def _turning(start: Float64Array, end: Float64Array) -> Float64Array:
    """The shortest rotation (3, 3) with start @ R along end, for rows of vectors."""
    a, b = start / max(float(np.linalg.norm(start)), 1e-9), end / max(float(np.linalg.norm(end)), 1e-9)
    v, c = np.cross(a, b), float(a @ b)
    if c < -0.9999:
        return -np.eye(3) + 2 * np.outer(p := np.eye(3)[np.argmin(np.abs(a))] - a * a[np.argmin(np.abs(a))], p) / (
            p @ p
        )
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray((np.eye(3) + k + k @ k / (1 + c)).T)
