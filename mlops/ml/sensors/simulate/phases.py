"""Which phase of a repetition a simulated body is in: away from where it began, at the turn, and on the way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.simulate.body import minimum_jerk
from mlops.ml.sensors.simulate.movements import REST

DOWN, BOTTOM, UP = "down", "bottom", "up"
PHASES: tuple[str, ...] = (DOWN, BOTTOM, UP, REST)

BETWEEN = {"row": BOTTOM}
"""Phase of the pause between repetitions where it is no rest: a row hangs at the bottom."""
_ORDERS = {"row": (UP, UP, DOWN)}
"""Phases on the way out, at the turn and on the way back where the weight first goes up."""
_TURN = 0.9  # of the way out counts as the turn
_WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 0.5])  # of pitch, bend, lateral, twist (rad), height, forward (m)
_STEP_S = 0.01

LabelledTime = tuple[float, float, str]


def counted_phases(
    exercise: str, times: Sequence[float], postures: Sequence[npt.NDArray[np.float64]]
) -> list[LabelledTime]:
    """Return the phases of one repetition whose body passes `postures` at `times`, from its beginning to its end.

    The turn is where the body is at least 90 % as far from where it began as it ever gets.
    """
    grid = np.arange(times[0], times[-1], _STEP_S)
    path = minimum_jerk(grid, np.asarray(times), np.asarray(postures))
    far = np.linalg.norm((path - path[0]) * _WEIGHTS, axis=1)
    at_turn = np.flatnonzero(far >= _TURN * far.max())
    turn, back = float(grid[at_turn[0]]), float(grid[at_turn[-1]]) + _STEP_S
    out, middle, home = _ORDERS.get(exercise, (DOWN, BOTTOM, UP))
    parts = [(times[0], turn, out), (turn, back, middle), (back, times[-1], home)]
    return [(begin, end, name) for begin, end, name in parts if end > begin]


def joined(phases: Sequence[LabelledTime]) -> tuple[LabelledTime, ...]:
    """Return phases in order, neighbours of one name as one."""
    found: list[LabelledTime] = []
    for begin, end, name in sorted(phases):
        if end <= begin:
            continue
        if found and found[-1][2] == name and begin - found[-1][1] < 1e-6:
            found[-1] = (found[-1][0], end, name)
        else:
            found.append((begin, end, name))
    return tuple(found)
