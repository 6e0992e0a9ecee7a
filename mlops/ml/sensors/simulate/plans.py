"""What a simulated athlete does in one session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from mlops.ml.contract import BadValue
from mlops.ml.sensors.simulate.movements import MOVEMENTS

PlanKind = Literal["mixed", "strength", "bodyweight", "short", "everyday"]
PLAN_KINDS: tuple[str, ...] = get_args(PlanKind)

_OTHERS = ("drinking", "walking", "tying_shoes", "stretching")


@dataclass(frozen=True)
class Bout:
    """A set: `reps` repetitions of a movement (or holds, sips, stretches), then `rest_s` seconds of rest."""

    exercise: str
    reps: int
    rest_s: float = 20.0

    def __post_init__(self) -> None:
        if self.exercise not in MOVEMENTS:
            raise BadValue(f"a simulated movement is one of {', '.join(MOVEMENTS)}")
        if not 1 <= self.reps <= 200 or not 0 <= self.rest_s <= 3600:
            raise BadValue("a bout has 1 to 200 repetitions and at most an hour of rest")


def demo_plan(kind: PlanKind = "mixed", seed: int = 0) -> tuple[Bout, ...]:
    """Return a typical session of 6 to 10 minutes (``short``: about 2), the same for the same seed.

    ``mixed`` holds all six exercises, ``strength`` squat, deadlift and row, ``bodyweight`` push-up, plank, burpee and
    squat, ``short`` three sets; everyday movements stand between the sets. ``everyday`` holds nothing but those: what a
    model must learn to leave unnamed.
    """
    rng = np.random.default_rng([seed, PLAN_KINDS.index(kind)])
    if kind == "everyday":
        return tuple(
            Bout(_OTHERS[i], int(rng.integers(1, 4)), float(rng.uniform(3, 9)))
            for _ in range(2)
            for i in rng.permutation(len(_OTHERS))
        )
    reps = {"squat": 10, "deadlift": 8, "row": 10, "pushup": 12, "burpee": 7, "plank": 1}
    sets = {
        "mixed": ["squat", "deadlift", "row", "pushup", "plank", "burpee"],
        "strength": ["squat", "deadlift", "row", "squat", "deadlift", "row"],
        "bodyweight": ["pushup", "squat", "plank", "burpee", "pushup", "plank"],
        "short": ["squat", "pushup", "plank"],
    }[kind]
    if kind != "short":
        sets = [sets[i] for i in rng.permutation(len(sets))]
        sets = sets + [sets[i] for i in rng.integers(0, len(sets), 1)]
    plan: list[Bout] = []
    for exercise in sets:
        count = int(max(1, reps[exercise] + rng.integers(-2, 3))) if exercise != "plank" else 1
        rest = float(rng.uniform(8, 20)) if kind == "short" else float(rng.uniform(12, 28))
        plan.append(Bout(exercise, count, rest))
        if rng.random() < 0.65:
            other = _OTHERS[int(rng.integers(len(_OTHERS)))]
            plan.append(Bout(other, int(rng.integers(1, 3)), float(rng.uniform(3, 9))))
    return tuple(plan)
