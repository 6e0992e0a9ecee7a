"""Pieces that the exercises share: standing legs, hands on a bar, a neutral pose, soft curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlops.ml.biomechanics.generator.body import Body
from mlops.ml.biomechanics.generator.kinematics import SIGN, Leg, Pose, foot_of, hips_of
from mlops.ml.biomechanics.geometry import SIDES, Array

NEARLY_STRAIGHT = 0.999
"""Standing legs are never longer than this share of theirs."""


@dataclass(frozen=True)
class Style:
    """How one person does an exercise; none of it is a fault.

    stance  half the distance between the feet, share of height; toes_out degrees; depth: degrees the knee bends, or
            share of the way; grip: half the distance of the hands, step: share of height; hands: "bar", "front" or
            "chest"; lead: the side in front; rounding: degrees a sound back bends at the bottom
    """

    stance: float
    toes_out: float
    depth: float
    grip: float
    step: float
    hands: str
    lead: str
    rounding: float


def draw_style(rng: np.random.Generator, exercise: str) -> Style:
    depth = {"squat": (104, 122), "lunge": (88, 104), "deadlift": (58, 78)}.get(exercise, (0.97, 1.0))
    stance = {"squat": (0.10, 0.15), "deadlift": (0.06, 0.10)}.get(exercise, (0.07, 0.11))
    return Style(
        stance=float(rng.uniform(*stance)), toes_out=float(rng.uniform(5, 28)), depth=float(rng.uniform(*depth)),
        grip=float(rng.uniform(0.17, 0.225)), step=float(rng.uniform(0.50, 0.60)),
        hands=str(rng.choice(["bar", "front", "chest"], p=[0.5, 0.25, 0.25])),
        lead=str(rng.choice(SIDES)), rounding=float(rng.uniform(2, 9)),
    )  # fmt: skip


def point(x: Array, y: Array, z: Array) -> Array:
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(float)


def soft(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def neutral(pelvis: Array, tilt: Array, sway: Mapping[str, Array] | None = None) -> Pose:
    """A straight back, a level pelvis, a head that looks ahead; `sway` moves side, twist and head a little."""
    zero, sway = np.zeros(len(pelvis)), sway or {}
    side, twist, head = (sway.get(name, zero) for name in ("side", "twist", "head"))
    return Pose(pelvis, tilt, zero, side, twist, zero, 0.35 * tilt + head, zero)


def standing_leg(body: Body, shin: Array, knee: Array) -> tuple[Array, Array]:
    """How far the hip is ahead of and above the ankle: a shin that leans by `shin`, a knee bent by `knee` degrees."""
    thigh = np.radians(shin - knee)
    shin = np.radians(shin)
    ahead = body.shank * np.sin(shin) + body.thigh * np.sin(thigh)
    return ahead, body.shank * np.cos(shin) + body.thigh * np.cos(thigh)


def planted(body: Body, style: Style, n: int, valgus: Array, heel: Array, half: float) -> dict[str, Leg]:
    """Two feet side by side. `valgus` (n,) degrees turn the knees in about the line from hip to ankle."""
    legs = {}
    for side in SIDES:
        zero = np.zeros(n)
        ankle = point(zero, np.full(n, body.ankle_height), np.full(n, SIGN[side] * half))
        legs[side] = Leg(ankle, np.full(n, style.toes_out), knee_towards(side, style.toes_out, valgus), heel)
    return legs


def knee_towards(side: str, out: float, valgus: Array) -> Array:
    """(n, 3) where a knee points: over the toes, less what it falls in."""
    angle = np.radians(out - valgus)
    return point(np.cos(angle), np.zeros_like(angle), SIGN[side] * np.sin(angle))


def within_reach(body: Body, pose: Pose) -> None:
    """Lower the pelvis where a leg would have to be longer than it is."""
    for _ in range(2):
        hips = hips_of(body, pose)
        for side, leg in pose.legs.items():
            ankle = leg.ankle + foot_of(body, leg.yaw, leg.heel, side)["ankle"]
            aside = ((hips[side] - ankle)[:, [0, 2]] ** 2).sum(axis=1)
            highest = ankle[:, 1] + np.sqrt(np.maximum((NEARLY_STRAIGHT * body.leg) ** 2 - aside, 0.0))
            pose.pelvis[:, 1] -= np.maximum(hips[side][:, 1] - highest, 0.0)

