"""What each movement does to the trunk: postures at moments of one repetition.

A posture is six numbers: pitch (rad, 0 upright, π/2 face down), bend (rad, lumbar flexion), lateral (rad), twist
(rad), height (m) and forward (m) of the pelvis against standing. Between moments the body moves with minimum jerk
(Flash & Hogan, J. Neurosci. 1985). Angles are typical ones from the strength-training literature, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

OTHER = "other"
REST = "rest"

Posture = tuple[float, float, float, float, float, float]

STANDING: Posture = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PRONE: Posture = (1.42, 0.05, 0.0, 0.0, -0.62, 0.1)
HINGED: Posture = (0.85, 0.22, 0.0, 0.0, -0.12, -0.08)


@dataclass(frozen=True)
class Moment:
    """Where the body is at `phase` (0–1) of a repetition; `impact` is a knock in m/s² that arrives there."""

    phase: float
    posture: Posture
    impact: float = 0.0


@dataclass(frozen=True)
class Movement:
    """One movement.

    label    the class it belongs to: its own name for exercises, ``other`` for the rest of life
    base     the posture before and after each repetition
    rep_s    typical duration of one repetition; for `counted` False it is one hold or one stretch of it
    pause_s  typical pause between repetitions
    shake    trembling in rad, growing with fatigue
    gait     amplitude of steps in m/s²
    """

    name: str
    label: str
    rep_s: float
    base: Posture
    moments: tuple[Moment, ...]
    pause_s: float = 0.3
    shake: float = 0.004
    gait: float = 0.0
    counted: bool = True


SQUAT = Movement(
    "squat",
    "squat",
    2.7,
    STANDING,
    (
        Moment(0.18, (0.25, 0.05, 0.0, 0.0, -0.10, -0.05)),
        Moment(0.45, (0.62, 0.34, 0.01, 0.0, -0.48, -0.12)),
        Moment(0.52, (0.62, 0.36, 0.01, 0.0, -0.49, -0.12)),
        Moment(0.80, (0.30, 0.08, 0.0, 0.0, -0.14, -0.05)),
        Moment(1.0, STANDING),
    ),
    pause_s=0.4,
)
DEADLIFT = Movement(
    "deadlift",
    "deadlift",
    3.1,
    STANDING,
    (
        Moment(0.30, (0.75, 0.18, 0.0, 0.01, -0.10, -0.18)),
        Moment(0.46, (1.02, 0.38, 0.0, 0.01, -0.30, -0.14), impact=3.0),
        Moment(0.58, (0.98, 0.30, 0.0, 0.01, -0.28, -0.14), impact=1.5),
        Moment(0.76, (0.55, 0.16, 0.0, 0.0, -0.08, -0.10)),
        Moment(0.92, (-0.06, -0.06, 0.0, 0.0, 0.01, 0.03)),
        Moment(1.0, STANDING),
    ),
    pause_s=0.6,
)
PLANK = Movement(
    "plank",
    "plank",
    22.0,
    PRONE,
    (
        Moment(0.3, (1.41, 0.03, 0.0, 0.0, -0.62, 0.1)),
        Moment(0.7, (1.40, 0.10, 0.0, 0.01, -0.64, 0.1)),
        Moment(1.0, PRONE),
    ),
    pause_s=1.0,
    shake=0.016,
    counted=False,
)
PUSHUP = Movement(
    "pushup",
    "pushup",
    1.9,
    PRONE,
    (
        Moment(0.42, (1.53, 0.10, 0.0, 0.0, -0.80, 0.15)),
        Moment(0.50, (1.53, 0.12, 0.0, 0.0, -0.80, 0.15)),
        Moment(0.92, (1.42, 0.06, 0.0, 0.0, -0.62, 0.1)),
        Moment(1.0, PRONE),
    ),
    pause_s=0.2,
    shake=0.006,
)
ROW = Movement(
    "row",
    "row",
    2.1,
    HINGED,
    (
        Moment(0.35, (0.74, 0.15, 0.02, 0.09, -0.11, -0.08), impact=1.2),
        Moment(0.50, (0.74, 0.14, 0.02, 0.10, -0.11, -0.08)),
        Moment(0.95, (0.86, 0.23, 0.0, 0.0, -0.12, -0.08)),
        Moment(1.0, HINGED),
    ),
    pause_s=0.25,
)
BURPEE = Movement(
    "burpee",
    "burpee",
    4.2,
    STANDING,
    (
        Moment(0.20, (0.95, 0.65, 0.0, 0.0, -0.55, 0.1), impact=3.0),
        Moment(0.34, (1.40, 0.02, 0.0, 0.0, -0.62, 0.1), impact=5.0),
        Moment(0.44, (1.52, 0.10, 0.0, 0.0, -0.80, 0.15)),
        Moment(0.56, (1.40, 0.05, 0.0, 0.0, -0.62, 0.1)),
        Moment(0.70, (0.90, 0.70, 0.0, 0.0, -0.52, 0.1), impact=5.0),
        Moment(0.83, (0.02, -0.05, 0.0, 0.0, 0.05, 0.0)),
        Moment(0.90, (0.0, -0.08, 0.0, 0.0, 0.26, 0.0)),
        Moment(0.97, (0.12, 0.08, 0.0, 0.0, -0.08, 0.0), impact=11.0),
        Moment(1.0, STANDING),
    ),
    pause_s=0.5,
    shake=0.008,
)
DRINKING = Movement(
    "drinking",
    OTHER,
    6.5,
    STANDING,
    (
        Moment(0.15, (0.35, 0.20, 0.08, 0.12, -0.04, 0.02)),
        Moment(0.30, (0.02, 0.0, 0.0, 0.0, 0.0, 0.0)),
        Moment(0.45, (-0.12, -0.10, 0.02, 0.04, 0.0, -0.01)),
        Moment(0.75, (-0.14, -0.12, 0.02, 0.04, 0.0, -0.01)),
        Moment(0.90, (0.10, 0.05, 0.05, 0.10, 0.0, 0.0)),
        Moment(1.0, STANDING),
    ),
    counted=False,
)
WALKING = Movement(
    "walking",
    OTHER,
    8.0,
    STANDING,
    (
        Moment(0.3, (0.06, 0.02, 0.0, 0.0, 0.0, 0.0)),
        Moment(0.5, (0.05, 0.02, 0.0, 0.25, 0.0, 0.0)),
        Moment(0.7, (0.06, 0.02, 0.0, 0.0, 0.0, 0.0)),
        Moment(1.0, STANDING),
    ),
    gait=2.2,
    counted=False,
)
TYING_SHOES = Movement(
    "tying_shoes",
    OTHER,
    9.0,
    STANDING,
    (
        Moment(0.15, (1.05, 0.75, 0.10, 0.12, -0.40, 0.05)),
        Moment(0.45, (1.08, 0.78, 0.12, 0.10, -0.42, 0.05)),
        Moment(0.55, (1.02, 0.74, -0.10, -0.12, -0.40, 0.05)),
        Moment(0.85, (1.06, 0.78, -0.11, -0.10, -0.42, 0.05)),
        Moment(1.0, STANDING),
    ),
    shake=0.012,
    counted=False,
)
STRETCHING = Movement(
    "stretching",
    OTHER,
    7.0,
    STANDING,
    (
        Moment(0.20, (0.02, 0.0, 0.36, 0.08, -0.01, 0.0)),
        Moment(0.40, (0.02, 0.0, 0.38, 0.08, -0.01, 0.0)),
        Moment(0.60, (0.02, 0.0, -0.36, -0.08, -0.01, 0.0)),
        Moment(0.80, (0.02, 0.0, -0.38, -0.08, -0.01, 0.0)),
        Moment(1.0, STANDING),
    ),
    counted=False,
)

MOVEMENTS: dict[str, Movement] = {
    movement.name: movement
    for movement in (
        SQUAT, DEADLIFT, PLANK, PUSHUP, ROW, BURPEE, DRINKING, WALKING, TYING_SHOES, STRETCHING,
    )
}  # fmt: skip
EXERCISES: tuple[str, ...] = tuple(name for name, movement in MOVEMENTS.items() if movement.label == name)
