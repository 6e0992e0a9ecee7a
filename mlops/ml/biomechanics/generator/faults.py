"""What can go wrong in each exercise, how far, and what it costs: the rule of the form score.

form score = 100 − Σ cost · severity, not below 0; a severity is from 0 (none) to 1 (`full`). The costs are ours. They
follow the order in which the sources weigh the faults, and no study has measured these very numbers.

Squat, lunge: Myer et al. 2014 (The back squat, Strength Cond J 36(6)), Schoenfeld 2010 (J Strength Cond Res 24(12)).
Deadlift: Cholewicki & McGill 1992 (Lumbar posterior ligament involvement, J Biomech 25(1)). Bench press: Green &
Comfort 2007 (The affect of grip width, Strength Cond J 29(5)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EXERCISES = ("squat", "deadlift", "bench_press", "overhead_press", "lunge")
LEVELS = ("excellent", "good", "fair", "poor")
LEVEL_FROM = (85.0, 70.0, 50.0, 0.0)
"""The least score of each level."""


@dataclass(frozen=True)
class Fault:
    """cost: points of 100 at severity 1; full: what severity 1 does to the movement."""

    cost: float
    title: str
    full: str


_UNEVEN = Fault(22, "Uneven sides", "a side lags: the body leans or the bar hangs by a twentieth of body height")
_DROP = Fault(16, "Uncontrolled", "lowered in 0.6 s instead of 1.5 to 2.5 s")

FAULTS: dict[str, dict[str, Fault]] = {
    "squat": {
        "shallow_depth": Fault(30, "Not deep enough", "knee bent 45° less"),
        "knee_valgus": Fault(34, "Knees fall in", "knees turned in 34° about the line from hip to ankle"),
        "forward_lean": Fault(26, "Leaning forward", "trunk leans 26° more than balance asks"),
        "butt_wink": Fault(24, "Lower back rounds", "pelvis rolls under by 45° at the bottom"),
        "heels_lift": Fault(24, "Heels lift", "feet stand up on their toes by 22°"),
        "uneven_sides": _UNEVEN,
        "uncontrolled": _DROP,
    },
    "deadlift": {
        "rounded_back": Fault(40, "Rounded back", "spine bent by 65° while the bar is low"),
        "hips_rise_early": Fault(28, "Hips rise first", "knees straighten long before the trunk rises"),
        "bar_away": Fault(26, "Bar away from the body", "bar 0.16 m ahead of the middle of the feet"),
        "incomplete_lockout": Fault(24, "Not upright at the top", "the last 30 % of the way are missing"),
        "uneven_sides": _UNEVEN,
        "uncontrolled": _DROP,
    },
    "bench_press": {
        "elbow_flare": Fault(34, "Elbows flare", "upper arms from 45° to 85° off the trunk"),
        "shallow_depth": Fault(34, "Bar stops high", "the lower half of the way is missing"),
        "hips_lift": Fault(28, "Hips lift", "hips 0.11 m off the bench, the back arched by 22° more"),
        "uneven_sides": _UNEVEN,
        "uncontrolled": _DROP,
    },
    "overhead_press": {
        "back_arch": Fault(36, "Back arches", "spine arched by 38°, chest thrown back"),
        "incomplete_lockout": Fault(30, "Not straight overhead", "the last 35 % of the way are missing"),
        "bar_forward": Fault(24, "Bar travels forward", "bar 0.16 m ahead on its way"),
        "leg_drive": Fault(20, "Legs help", "knees dip by 35° and push"),
        "uneven_sides": _UNEVEN,
        "uncontrolled": _DROP,
    },
    "lunge": {
        "shallow_depth": Fault(28, "Not deep enough", "front knee bent 40° less"),
        "knee_valgus": Fault(34, "Front knee falls in", "knee turned in 36° about the line from hip to ankle"),
        "forward_lean": Fault(26, "Leaning forward", "trunk leans 34° more"),
        "knee_forward": Fault(20, "Front heel lifts", "weight shifts to the front toes, the heel lifts by 20°"),
        "uneven_sides": Fault(22, "Leaning to the side", "trunk leans 18° aside, a hip drops by 9°"),
        "uncontrolled": _DROP,
    },
}


def form_score(exercise: str, severities: Mapping[str, float]) -> float:
    """Points of 100. Raises KeyError for a fault that the exercise does not have."""
    lost = sum(FAULTS[exercise][name].cost * severity for name, severity in severities.items())
    return float(max(0.0, 100.0 - lost))


def form_level(score: float) -> str:
    """The name of the level that a score belongs to."""
    return next(name for name, least in zip(LEVELS, LEVEL_FROM, strict=True) if score >= least)
