"""What is true of a repetition, from its skeleton in three dimensions: six joint angles, and a risk with its factors.

Joint angles: the smallest angle at knee, hip and elbow during the repetition, left and right (`geometry.ANGLES`).

Risk: each factor is a measured quantity x between two limits; it is f = clip((x − low) / (high − low), 0, 1), and

    risk = 100 · (1 − Π (1 − weight · f))

so that one bad factor is enough and several do not exceed 100. The limits lie inside what the sources describe; they
were chosen by us and no study has shown that this number foretells an injury.

knee_valgus    how far the knee points inside the toes, turned about the line from hip to ankle, where it is bent by 30°
               or more (knees that fall in: Hewett et al. 2005, Am J Sports Med 33(4); Myer et al. 2014, Strength Cond J
               36(6))
lumbar_flexion bend of the spine while it is loaded (Cholewicki & McGill 1992, J Biomech 25(1): lifters stay short of
               full flexion); lumbar_extension: an arched spine under a bar overhead
trunk_lean     lean of the trunk at its largest (Schoenfeld 2010, J Strength Cond Res 24(12))
shoulder       angle of the upper arms off the trunk in the bench press (Green & Comfort 2007, Strength Cond J 29(5))
asymmetry      largest difference between left and right: angles at knee and elbow, tilt of hips and of shoulders
speed          how fast the body is lowered, in body heights a second
"""

from __future__ import annotations

import numpy as np

from mlops.ml.biomechanics.generator.tempo import Tempo
from mlops.ml.biomechanics.geometry import INDEX, SIDES, Array, angle_at, joint_angles, unit

FACTORS: dict[str, dict[str, tuple[float, float, float]]] = {
    "squat": {"knee_valgus": (6, 38, 0.5), "lumbar_flexion": (14, 50, 0.5), "trunk_lean": (48, 75, 0.35),
              "asymmetry": (5, 16, 0.3), "speed": (0.8, 2.2, 0.2)},
    "deadlift": {"lumbar_flexion": (15, 65, 0.75), "trunk_lean": (74, 92, 0.2), "asymmetry": (5, 16, 0.3),
                 "speed": (0.8, 2.2, 0.15)},
    "bench_press": {"shoulder": (64, 94, 0.6), "asymmetry": (8, 22, 0.35), "lumbar_extension": (16, 40, 0.3),
                    "speed": (0.8, 2.2, 0.25)},
    "overhead_press": {"lumbar_extension": (6, 38, 0.7), "asymmetry": (5, 22, 0.35), "speed": (0.8, 2.2, 0.2)},
    "lunge": {"knee_valgus": (6, 46, 0.55), "trunk_lean": (18, 50, 0.35), "asymmetry": (5, 18, 0.35),
              "speed": (0.8, 2.2, 0.2)},
}  # fmt: skip
"""exercise → factor → (low, high, weight); degrees, or ways a second."""
LEAST_BEND = 30.0


def smallest_angles(points: Array) -> dict[str, float]:
    """Degrees of the six joint angles of a repetition, from (n, 33, 3) metres."""
    return {name: float(values.min()) for name, values in joint_angles(points).items()}


def factors_of(exercise: str, points: Array, flexion: Array, tempo: Tempo, *, lead: str) -> dict[str, float]:
    """The measured quantities of a repetition that its exercise is judged by."""
    measured = {
        "knee_valgus": _valgus(points, (lead,) if exercise == "lunge" else SIDES),
        "lumbar_flexion": float(flexion.max(initial=0.0)),
        "lumbar_extension": float(-flexion.min(initial=0.0)),
        "trunk_lean": float(_lean(points).max()),
        "shoulder": _shoulder(points),
        "asymmetry": _asymmetry(exercise, points),
        "speed": 1.0 / tempo.lowering,
    }
    return {name: round(measured[name], 3) for name in FACTORS[exercise]}


def risk_of(exercise: str, measured: dict[str, float]) -> float:
    """0 to 100 from measured factors."""
    safe = 1.0
    for name, (low, high, weight) in FACTORS[exercise].items():
        safe *= 1 - weight * float(np.clip((measured[name] - low) / (high - low), 0.0, 1.0))
    return 100.0 * (1.0 - safe)


def _at(points: Array, name: str) -> Array:
    return points[:, INDEX[name]]


def _valgus(points: Array, sides: tuple[str, ...]) -> float:
    """Degrees by which a knee points inside the toes of its foot, at its largest."""
    worst = 0.0
    for side in sides:
        hip, knee, ankle = (_at(points, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
        toes = _at(points, f"{side}_foot_index") - _at(points, f"{side}_heel")
        axis = unit(ankle - hip)
        out = knee - hip - ((knee - hip) * axis).sum(axis=1, keepdims=True) * axis
        toes = toes - (toes * axis).sum(axis=1, keepdims=True) * axis
        turn = np.degrees(np.arctan2((np.cross(out, toes) * axis).sum(axis=1), (out * toes).sum(axis=1)))
        bent = angle_at(hip, knee, ankle) < 180.0 - LEAST_BEND
        worst = max(worst, float(np.where(bent, turn if side == "right" else -turn, 0.0).max()))
    return worst


def _lean(points: Array) -> Array:
    """(n,) degrees of the trunk from upright."""
    trunk = (_at(points, "left_shoulder") + _at(points, "right_shoulder")) / 2
    trunk = trunk - (_at(points, "left_hip") + _at(points, "right_hip")) / 2
    return np.degrees(np.arctan2(np.linalg.norm(trunk[:, [0, 2]], axis=1), trunk[:, 1]))


def _shoulder(points: Array) -> float:
    """Degrees between upper arm and trunk where the elbows are lowest, the larger of both sides."""
    found = []
    for side in SIDES:
        shoulder, elbow, hip = (_at(points, f"{side}_{joint}") for joint in ("shoulder", "elbow", "hip"))
        found.append(angle_at(elbow, shoulder, hip)[elbow[:, 1].argmin()])
    return float(max(found))


def _asymmetry(exercise: str, points: Array) -> float:
    """Degrees: tilt of the line between the hips, between the shoulders and between the hands, and the difference of
    the elbows; of the knees too where both do the same."""
    tilts = []
    for joint in ("hip", "shoulder", "wrist"):
        line = _at(points, f"right_{joint}") - _at(points, f"left_{joint}")
        tilts.append(np.abs(np.degrees(np.arctan2(line[:, 1], np.linalg.norm(line[:, [0, 2]], axis=1)))))
    angles = joint_angles(points)
    pairs = ["elbow"] if exercise == "lunge" else ["elbow", "knee"]
    tilts += [np.abs(angles[f"left_{j}_angle"] - angles[f"right_{j}_angle"]) for j in pairs]
    return float(max(one.max() for one in tilts))
