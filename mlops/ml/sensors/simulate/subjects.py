"""Simulated people: what stays the same in all recordings of one person."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SubjectTraits:
    """One simulated person.

    speed        repetitions are this much faster than typical
    amplitude    range of motion against typical
    fatigue      how much a set slows and shrinks towards its end (0 none, 1 strongly)
    noise        sensor noise and trembling against typical
    pitch, bend, lateral, twist   habitual posture while standing, rad
    lean_lateral, lean_twist      how much bending forward also tips or turns this body, fraction
    strap        how far the device is turned on the body about its three axes, rad
    """

    seed: int
    speed: float = 1.0
    amplitude: float = 1.0
    fatigue: float = 0.4
    noise: float = 1.0
    pitch: float = 0.0
    bend: float = 0.0
    lateral: float = 0.0
    twist: float = 0.0
    lean_lateral: float = 0.0
    lean_twist: float = 0.0
    strap: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Style:
    """How one person does one movement: tempo factor, factor per posture number, shift of the turning point."""

    tempo: float
    amplitude: npt.NDArray[np.float64]
    turn: float


def random_subject(seed: int) -> SubjectTraits:
    """Return a person drawn from plausible ranges; the same seed gives the same person."""
    rng = np.random.default_rng([seed, 7])
    strap = rng.normal(0.0, [0.10, 0.16, 0.20])
    return SubjectTraits(
        seed=seed,
        speed=float(np.exp(rng.normal(0.0, 0.16))),
        amplitude=float(np.clip(rng.normal(1.0, 0.14), 0.65, 1.35)),
        fatigue=float(rng.uniform(0.1, 0.9)),
        noise=float(np.exp(rng.normal(0.0, 0.35))),
        pitch=float(rng.normal(0.04, 0.07)),
        bend=float(rng.normal(-0.12, 0.12)),
        lateral=float(rng.normal(0.0, 0.05)),
        twist=float(rng.normal(0.0, 0.06)),
        lean_lateral=float(rng.normal(0.0, 0.08)),
        lean_twist=float(rng.normal(0.0, 0.10)),
        strap=(float(strap[0]), float(strap[1]), float(strap[2])),
    )


def style_of(subject: SubjectTraits, movement: str) -> Style:
    """Return the person's way of doing a movement: always the same for the same person."""
    rng = np.random.default_rng([subject.seed, zlib.crc32(movement.encode())])
    spread = np.array([0.20, 0.38, 0.5, 0.5, 0.16, 0.3])
    return Style(
        tempo=float(np.exp(rng.normal(0.0, 0.15))),
        amplitude=subject.amplitude * np.clip(1.0 + spread * rng.standard_normal(6), 0.3, 1.9),
        turn=float(rng.normal(0.0, 0.05)),
    )
