"""When a repetition is where: down, hold, up, and the way s(t) between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlops.ml.biomechanics.geometry import Array

CONCENTRIC_FIRST = frozenset({"deadlift", "overhead_press"})
"""These begin with the lift; what follows is lowering."""
FASTEST_LOWERING_S = 0.6


@dataclass(frozen=True)
class Tempo:
    """Seconds of lowering, of holding at the turn, of lifting, and of standing still before and after."""

    lowering: float
    hold: float
    lifting: float
    before: float = 0.25
    after: float = 0.25


def draw_tempo(rng: np.random.Generator, exercise: str, uncontrolled: float) -> Tempo:
    """A usual tempo; `uncontrolled` from 0 to 1 lets go on the way down."""
    usual = float(rng.uniform(1.5, 2.5))
    lowering = usual + (FASTEST_LOWERING_S - usual) * uncontrolled
    hold = float(rng.uniform(0.0, 0.5) if exercise != "bench_press" else rng.uniform(0.05, 0.7))
    before, after = (float(v) for v in rng.uniform(0.15, 0.45, 2))
    return Tempo(lowering, hold, float(rng.uniform(0.9, 2.0)), before, after)


def way(tempo: Tempo, exercise: str, t: Array) -> Array:
    """(n,) s from 0 to 1 and back, `t` seconds from the beginning; smooth as reaching movements are (Flash & Hogan
    1985, minimum jerk), the lift slower half way up."""
    concentric = exercise in CONCENTRIC_FIRST
    first, second = (tempo.lifting, tempo.lowering) if concentric else (tempo.lowering, tempo.lifting)
    there = _smooth((t - tempo.before) / first)
    back = _smooth((t - tempo.before - first - tempo.hold) / second)
    if concentric:
        there = _sticking(there)
    else:
        back = _sticking(back)
    s = there - back
    return 1 - s if exercise == "deadlift" else s


def turn_s(tempo: Tempo, exercise: str) -> float:
    """The middle of the hold."""
    first = tempo.lifting if exercise in CONCENTRIC_FIRST else tempo.lowering
    return tempo.before + first + tempo.hold / 2


def duration_s(tempo: Tempo) -> float:
    return tempo.before + tempo.lowering + tempo.hold + tempo.lifting + tempo.after


def _smooth(u: Array) -> Array:
    u = np.clip(u, 0.0, 1.0)
    return np.asarray(u**3 * (10 - 15 * u + 6 * u * u))


def _sticking(u: Array) -> Array:
    """The weight slows down half way, as in the sticking region that lifters know."""
    return np.asarray(u + 0.06 * np.sin(2 * np.pi * u))
