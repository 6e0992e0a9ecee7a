"""Squat, deadlift and lunge: on one's feet. `s` is from 0 (upright) to 1 (lowest), `sev` severities by frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlops.ml.biomechanics.generator.body import Body
from mlops.ml.biomechanics.generator.holding import (
    Style,
    knee_towards,
    neutral,
    planted,
    point,
    soft,
    standing_leg,
    within_reach,
)
from mlops.ml.biomechanics.generator.kinematics import SIGN, Arm, Leg, Pose, shoulders_of
from mlops.ml.biomechanics.geometry import SIDES, Array

GRIPPED_M = 0.225 + 0.08
"""How high the wrists are when the bar of a deadlift lies: half a plate of 45 cm, and the hand."""


def squat(body: Body, style: Style, s: Array, sev: Mapping[str, Array], sway: Mapping[str, Array]) -> Pose:
    """The bar stays over the middle of the feet, so long thighs lean more."""
    knee = 6.0 + s * (style.depth - 45 * sev["shallow_depth"] - 6)
    shin: Array = np.minimum(0.32 * knee, body.ankle_limit)
    heel = 22 * sev["heels_lift"] * soft(s, 0.15, 0.9)
    ahead, above = standing_leg(body, shin + 0.5 * heel, knee)
    shift = 0.05 * body.height * sev["uneven_sides"] * s * SIGN[style.lead]
    pelvis = point(ahead, body.ankle_height + above, shift)
    middle = 0.35 * body.toe
    balance = np.degrees(np.arcsin(np.clip((middle - ahead) / body.trunk, 0.02, 0.92)))
    lean = balance + 26 * sev["forward_lean"] * soft(s, 0.1, 0.9)
    flexion = style.rounding * s + 45 * sev["butt_wink"] * soft(s, 0.5, 1.0)
    pose = neutral(pelvis, lean - flexion / 2, sway)
    pose.flexion = flexion
    pose.side = pose.side + 8 * sev["uneven_sides"] * s * SIGN[style.lead]
    pose.drop = 5 * sev["uneven_sides"] * s * SIGN[style.lead]
    valgus = 34 * sev["knee_valgus"] * soft(s, 0.1, 0.8)
    pose.legs = planted(body, style, len(s), valgus, heel, style.stance * body.height)
    within_reach(body, pose)
    _squat_arms(body, style, pose)
    return pose


def _squat_arms(body: Body, style: Style, pose: Pose) -> None:
    shoulders, middle = shoulders_of(body, pose)
    tilt = np.radians(pose.tilt + pose.flexion)
    ahead = point(np.cos(tilt), -np.sin(tilt), np.zeros_like(tilt))
    along = point(np.sin(tilt), np.cos(tilt), np.zeros_like(tilt))
    for side in SIDES:
        aside = np.array([0, 0, SIGN[side]])
        if style.hands == "bar":
            wrist = middle + (style.grip + 0.02) * body.height * aside + 0.01 * along - 0.03 * ahead
            bends = -along - 0.5 * ahead + 0.2 * aside
        elif style.hands == "front":
            wrist = shoulders[side] + 0.93 * body.arm * point(np.ones(len(tilt)), 0 * tilt, 0 * tilt)
            bends = np.broadcast_to(0.6 * aside - [0, 1, 0], wrist.shape)
        else:
            wrist = middle + 0.16 * ahead - 0.10 * along + 0.05 * aside
            bends = -along + 0.35 * aside
        pose.arms[side] = Arm(wrist, np.asarray(bends))


def deadlift(body: Body, style: Style, s: Array, sev: Mapping[str, Array], sway: Mapping[str, Array]) -> Pose:
    """Arms hang down to a bar over the middle of the feet; at s = 1 it lies on the floor."""
    s = s + (1 - s) * 0.30 * sev["incomplete_lockout"]
    early = sev["hips_rise_early"]
    legs_s, trunk_s = s ** (1 + 2.2 * early), s ** (1 / (1 + 1.6 * early))
    middle = 0.35 * body.toe
    flexion = style.rounding * s + 65 * sev["rounded_back"] * soft(s, 0.05, 0.7)
    lowest = float(style.depth)
    shin, lean = _start_of_deadlift(body, lowest, middle, style.rounding)
    knee = 4 + legs_s * (lowest - 4)
    ahead, above = standing_leg(body, shin * legs_s, knee)
    pelvis = point(ahead, body.ankle_height + above, 0.035 * body.height * sev["uneven_sides"] * s * SIGN[style.lead])
    rounding = 10 * sev["rounded_back"] * soft(s, 0.05, 0.7)
    pose = neutral(pelvis, 1 + trunk_s * (lean - 1) + rounding - flexion / 2, sway)
    pose.flexion = flexion
    pose.forward = 0.025 * body.height * sev["rounded_back"] * soft(s, 0.05, 0.7)
    pose.side = pose.side + 8 * sev["uneven_sides"] * s * SIGN[style.lead]
    pose.twist = pose.twist + 8 * sev["uneven_sides"] * s * SIGN[style.lead]
    zero = np.zeros_like(s)
    pose.legs = planted(body, style, len(s), zero, zero, style.stance * body.height)
    within_reach(body, pose)
    shoulders, _ = shoulders_of(body, pose)
    bar = middle + 0.16 * sev["bar_away"] * soft(s, 0.1, 0.7)
    for side in SIDES:
        x = bar - shoulders[side][:, 0]
        z = np.full(len(s), SIGN[side] * 0.8 * style.grip * body.height) - shoulders[side][:, 2]
        down = np.sqrt(np.maximum((0.998 * body.arm) ** 2 - x**2 - z**2, 0.01))
        pose.arms[side] = Arm(shoulders[side] + point(x, -down, z), point(-1 + zero, zero, SIGN[side] * 0.5 + zero))
    return pose


def _start_of_deadlift(body: Body, knee: float, middle: float, rounding: float) -> tuple[float, float]:
    """Shin and lean of the trunk with which straight arms reach the bar and the shoulders stand above it."""
    shins = np.linspace(0.0, 32.0, 65)
    ahead, above = standing_leg(body, shins, np.full_like(shins, knee))
    chord = body.trunk * np.sinc(np.radians(rounding) / 2 / np.pi)
    height = GRIPPED_M + 0.985 * body.arm - body.ankle_height - above
    lean = np.degrees(np.arccos(np.clip(height / chord, 0.1, 0.95)))
    miss = np.abs(ahead + chord * np.sin(np.radians(lean)) - middle - 0.04)
    best = int(miss.argmin())
    return float(shins[best]), float(lean[best])


def lunge(body: Body, style: Style, s: Array, sev: Mapping[str, Array], sway: Mapping[str, Array]) -> Pose:
    """Feet in one line of walking; the rear foot stands on its toes."""
    front, rear = style.lead, "left" if style.lead == "right" else "right"
    step, zero = style.step * body.height, np.zeros_like(s)
    knee = 12 + s * (style.depth - 40 * sev["shallow_depth"] - 12)
    push = 0.075 * body.height * sev["knee_forward"] * s
    back = 0.46 * step - push
    reach = body.thigh**2 + body.shank**2 + 2 * body.thigh * body.shank * np.cos(np.radians(knee))
    front_heel = 20 * sev["knee_forward"] * soft(s, 0.2, 0.9)
    lift = body.toe * np.sin(np.radians(front_heel)) * 0.8
    height = body.ankle_height + np.sqrt(np.maximum(reach - back**2, 0.01)) + lift
    side = SIGN[front] * sev["uneven_sides"] * s
    pelvis = point(step / 2 - back, height, 0.02 * body.height * side)
    lean = 5 + 7 * s + 34 * sev["forward_lean"] * soft(s, 0.1, 0.9)
    pose = neutral(pelvis, lean - style.rounding * s / 2, sway)
    pose.flexion = style.rounding * s
    pose.side, pose.drop = pose.side + 18 * side, -9 * side
    for name, x, heel in ((front, step / 2, front_heel), (rear, -step / 2, 18 + 42 * s)):
        ankle = point(x + zero, body.ankle_height + zero, SIGN[name] * 0.6 * style.stance * body.height + zero)
        valgus = 36 * sev["knee_valgus"] * soft(s, 0.1, 0.8) if name == front else zero
        pose.legs[name] = Leg(ankle, 4 + zero, knee_towards(name, 4, valgus), heel)
    within_reach(body, pose)
    _lunge_arms(body, style, pose)
    return pose


def _lunge_arms(body: Body, style: Style, pose: Pose) -> None:
    """Weights hang at the sides, or the hands are on the hips."""
    shoulders, _ = shoulders_of(body, pose)
    for side in SIDES:
        aside = np.array([0, 0, SIGN[side]])
        if style.hands == "chest":
            wrist = pose.pelvis + 0.075 * body.height * aside + [0.02, 0.07, 0]
            bends = np.broadcast_to(1.0 * aside - [0.6, 0, 0], wrist.shape)
        else:
            wrist = shoulders[side] + 0.985 * body.arm * (np.array([0.03, -1, 0]) + 0.1 * aside)
            bends = np.broadcast_to(0.3 * aside - [1, 0, 0], wrist.shape)
        pose.arms[side] = Arm(wrist, np.asarray(bends))
