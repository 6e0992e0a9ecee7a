"""People who do not exist: a body of eleven bones in three dimensions that moves by the positions of hips, hands and
feet, and a camera that looks from any side. Metres: forward, up, to the left; the floor is at 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ASPECT = 16 / 9
THIGH, SHANK, TRUNK, UPPER, FORE, FOOT = 0.44, 0.44, 0.52, 0.30, 0.27, 0.22
HALF_HIPS, HALF_SHOULDERS = 0.11, 0.19


@dataclass
class Pose:
    """hip and trunk (degrees from upright, forward positive); targets of hands and ankles, left then right, as
    (forward, up, outwards); bends: which way knees and elbows point."""

    hip: tuple[float, float]
    trunk: float
    feet: list[tuple[float, float, float]]
    hands: list[tuple[float, float, float]]
    knees: float = 1.0
    elbows: float = -1.0
    toes: float = 0.0
    out: float = 0.0


def reach(a: Floats, b: Floats, first: float, second: float, sign: float, out: float = 0.0) -> tuple[Floats, Floats]:
    """Middle joint and end of two bones from a towards b: bent forward (+) or back (−), or outwards by `out`."""
    line = b - a
    far = float(np.linalg.norm(line))
    line = line / max(far, 1e-9)
    far = min(max(far, abs(first - second) + 1e-6), first + second - 1e-6)
    along = (first**2 - second**2 + far**2) / (2 * far)
    off = np.sqrt(max(first**2 - along**2, 0.0))
    ahead = np.array([1.0, 0.0, 0.0]) * sign + np.array([0.0, 0.0, 1.0]) * out
    ahead = ahead - ahead.dot(line) * line
    if np.linalg.norm(ahead) < 1e-6:
        ahead = np.array([0.0, 1.0, 0.0]) * sign
    return a + along * line + off * ahead / np.linalg.norm(ahead), a + far * line


def body(pose: Pose) -> Floats:
    """(33, 3) of one moment."""
    points = np.zeros((33, 3))
    lean = np.radians(pose.trunk)
    up = np.array([np.sin(lean), np.cos(lean), 0.0])
    hip = np.array([pose.hip[0], pose.hip[1], 0.0])
    neck = hip + TRUNK * up
    points[:11] = neck + 0.22 * up + np.array([np.cos(lean), -np.sin(lean), 0]) * 0.1
    points[[7, 8]] = neck + 0.2 * up
    for side, outwards in ((0, 1.0), (1, -1.0)):
        left = np.array([0.0, 0.0, outwards])
        points[11 + side], points[23 + side] = neck + HALF_SHOULDERS * left, hip + HALF_HIPS * left
        ankle = np.array(pose.feet[side]) * (1, 1, outwards)
        points[25 + side], points[27 + side] = reach(points[23 + side], ankle, THIGH, SHANK, pose.knees)
        hand = np.array(pose.hands[side]) * (1, 1, outwards)
        points[13 + side], points[15 + side] = reach(
            points[11 + side], hand, UPPER, FORE, pose.elbows, pose.out * outwards
        )
        for at in (17, 19, 21):
            points[at + side] = points[15 + side] * 1.0
        lift = np.radians(pose.toes)
        points[31 + side] = points[27 + side] + [FOOT * 0.75, -0.06 - FOOT * np.sin(lift), 0]
        points[29 + side] = points[27 + side] + [-FOOT * 0.25, -0.06, 0]
    return points


def filmed(
    motion: Callable[[float], Pose],
    *,
    seconds: float,
    rate_hz: float = 30.0,
    yaw: float = 0.0,
    size: float = 0.3,
    jitter: float = 0.0,
    seed: int = 0,
    is_mirrored: bool = False,
    aspect: float = ASPECT,
) -> tuple[Floats, Floats, Floats]:
    """Landmarks, times and the body in three dimensions.

    yaw     degrees; 0 is from the side (facing right), 90 from the front
    size    picture heights for a metre
    jitter  standard deviation of every point, in metres
    """
    rng = np.random.default_rng(seed)
    t = np.arange(0, seconds, 1 / rate_hz)
    solid = np.stack([body(motion(one)) for one in t])
    turn = np.radians(yaw)
    seen = solid + rng.normal(0, jitter, solid.shape) if jitter else solid
    across = seen[:, :, 0] * np.cos(turn) + seen[:, :, 2] * np.sin(turn)
    depth = seen[:, :, 0] * np.sin(turn) - seen[:, :, 2] * np.cos(turn)
    landmarks = np.empty((len(t), 33, 4))
    landmarks[:, :, 0] = 0.5 + across * size / aspect
    landmarks[:, :, 1] = 0.9 - seen[:, :, 1] * size
    landmarks[:, :, 2] = -depth * size / aspect
    landmarks[:, :, 3] = 0.99
    if is_mirrored:
        landmarks[:, :, 0] = 1 - landmarks[:, :, 0]
        order = np.arange(33)
        for left, right in [(1, 4), (2, 5), (3, 6), *((n, n + 1) for n in range(7, 33, 2))]:
            order[[left, right]] = right, left
        landmarks = landmarks[:, order]
    return landmarks, t, solid


def swing(t: float, *, count: int, period: float = 3.0, rest: float = 1.0, pause: float = 0.2) -> float:
    """0 at rest … 1 at the peak, `count` times, with a second of rest before and after."""
    at = t - rest
    if not 0 <= at < count * period:
        return 0.0
    share = (at % period) / period
    return float(np.clip((1 - np.cos(2 * np.pi * share)) / 2 * (1 + pause), 0, 1))


def mix(a: Pose, b: Pose, p: float) -> Pose:
    """Between two poses."""

    def between(x: object, y: object) -> object:
        return tuple(np.asarray(x, float) * (1 - p) + np.asarray(y, float) * p)

    return Pose(
        hip=between(a.hip, b.hip),  # type: ignore[arg-type]
        trunk=a.trunk * (1 - p) + b.trunk * p,
        feet=[between(x, y) for x, y in zip(a.feet, b.feet, strict=True)],  # type: ignore[misc]
        hands=[between(x, y) for x, y in zip(a.hands, b.hands, strict=True)],  # type: ignore[misc]
        knees=a.knees, elbows=a.elbows, toes=a.toes * (1 - p) + b.toes * p, out=a.out,
    )  # fmt: skip


def both(x: float, y: float, z: float) -> list[tuple[float, float, float]]:
    return [(x, y, z), (x, y, z)]


STAND = Pose((0.0, 0.945), 3, both(0, 0.07, 0.13), both(0.02, 0.9, 0.24))
FEET = both(0, 0.07, 0.16)
PLANK_FEET = both(-0.9, 0.1, 0.1)


def plank(p: float) -> Pose:
    """Arms straight (0) to bent (1): hands under the shoulders at (0.5, 0)."""
    height = 0.55 - 0.33 * p
    drop = np.degrees(np.arcsin((height - 0.1) / 1.38))
    along = np.radians(drop)
    feet_x = 0.5 - 1.38 * np.cos(along)
    hip = (feet_x + 0.86 * np.cos(along), 0.1 + 0.86 * np.sin(along))
    return Pose(hip, 90 - drop, both(feet_x, 0.1, 0.1), both(0.5, 0.03, 0.25), elbows=-1.0)


MOTIONS: dict[str, Callable[[float], Pose]] = {
    "squat": lambda p: mix(STAND, Pose((-0.28, 0.46), 38, both(0, 0.07, 0.13), both(0.5, 0.85, 0.2)), p),
    "deadlift": lambda p: mix(
        STAND, Pose((-0.25, 0.68), 65, both(0, 0.07, 0.13), both(0.1, 0.35, 0.24)), p
    ),
    "romanian_deadlift": lambda p: mix(
        STAND, Pose((-0.22, 0.89), 75, both(0, 0.07, 0.13), both(0.1, 0.45, 0.24)), p
    ),
    "push_up": plank,
    "overhead_press": lambda p: mix(
        Pose((0, 0.945), 0, FEET, both(0.1, 1.46, 0.24)), Pose((0, 0.945), 0, FEET, both(0.02, 2.03, 0.2)), p
    ),
    "biceps_curl": lambda p: Pose(
        (0, 0.945), 2, FEET,
        both(0.02 + 0.27 * np.sin(np.radians(10 + 125 * p)), 1.165 - 0.27 * np.cos(np.radians(10 + 125 * p)), 0.2),
    ),
    "lateral_raise": lambda p: Pose(
        (0, 0.945), 0, FEET,
        both(0.02, 1.465 - 0.56 * np.cos(np.radians(8 + 80 * p)), 0.19 + 0.56 * np.sin(np.radians(8 + 80 * p))),
    ),
    "glute_bridge": lambda p: mix(
        Pose((0, 0.12), -88, both(0.45, 0.07, 0.12), both(0.1, 0.05, 0.25)),
        Pose((-0.05, 0.34), -115, both(0.45, 0.07, 0.12), both(0.1, 0.05, 0.25)), p,
    ),
    "jumping_jack": lambda p: Pose(
        (0, 0.945 - 0.06 * p), 0, both(0, 0.07, 0.1 + 0.35 * p),
        both(0, 1.465 - 0.56 * np.cos(np.radians(10 + 155 * p)), 0.19 + 0.56 * np.sin(np.radians(10 + 155 * p))),
    ),
}  # fmt: skip


def filmed_set(exercise: str, *, count: int = 4, period: float = 3.0, depth: float = 1.0, **camera: object):
    """A set of that exercise: (landmarks, times, solid body)."""

    def motion(t: float) -> Pose:
        return MOTIONS[exercise](depth * swing(t, count=count, period=period))

    return filmed(motion, seconds=2 + count * period, **camera)  # type: ignore[arg-type]


def walking(t: float) -> Pose:
    """A metre a second forward, a step every half second; arms swing."""
    phase = 2 * np.pi * t
    stride = 0.32 * np.sin(phase)
    x = t - 2.0
    lift = 0.12 * np.cos(phase)
    feet = [(x + stride, 0.07 + max(0, lift), 0.1), (x - stride, 0.07 + max(0, -lift), 0.1)]
    hands = [(x - 0.7 * stride, 0.95, 0.22), (x + 0.7 * stride, 0.95, 0.22)]
    return Pose((x, 0.91 + 0.02 * np.cos(2 * phase)), 4, feet, hands)
