"""Bench press and overhead press. `s` is from 0 (start) to 1 (turn): the bar on the chest, or overhead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlops.ml.biomechanics.generator.body import Body
from mlops.ml.biomechanics.generator.holding import Style, neutral, planted, point, soft, standing_leg, within_reach
from mlops.ml.biomechanics.generator.kinematics import SIGN, Arm, Leg, Pose, shoulders_of
from mlops.ml.biomechanics.geometry import SIDES, Array

BENCH_M = 0.44


def bench_press(body: Body, style: Style, s: Array, sev: Mapping[str, Array], sway: Mapping[str, Array]) -> Pose:
    """On the back, the head at −X, the feet on the floor; the shoulders stay on the bench."""
    zero, tall = np.zeros_like(s), body.height
    lift = 0.11 * sev["hips_lift"] * soft(s, 0.1, 0.8)
    pelvis = point(zero, BENCH_M + 0.10 + lift, zero)
    pose = neutral(pelvis, -90 - np.degrees(np.arcsin(np.clip(lift / body.trunk, 0, 0.9))) + 6, sway)
    pose.flexion, pose.head = -10 - 22 * lift / 0.11, -92 + zero
    for side in SIDES:
        ankle = point(0.19 * tall + zero, body.ankle_height + zero, SIGN[side] * 0.13 * tall + zero)
        pose.legs[side] = Leg(ankle, 15 + zero, point(0.6 + zero, 1 + zero, 0.3 * SIGN[side] + zero), zero)
    shoulders, _ = shoulders_of(body, pose)
    flare = np.radians(45 + 40 * sev["elbow_flare"])
    way = s * (1 - 0.5 * sev["shallow_depth"])
    top, bottom = 0.985 * body.arm, 0.055 * tall
    for side in SIDES:
        lag = 0.055 * tall * sev["uneven_sides"] * np.sin(np.pi * np.clip(s, 0, 1) / 2) * (side == style.lead)
        rise = top + way * (bottom - top) + lag
        aside = np.sqrt(np.maximum(top**2 - (rise - lag) ** 2, 0.0))
        grip = SIGN[side] * np.minimum(style.grip * tall, body.shoulders / 2 + np.maximum(aside, 0.12) + 0.1)
        x = 0.075 * tall * way * (1 - 0.85 * sev["elbow_flare"])
        wrist = point(shoulders[side][:, 0] + x, shoulders[side][:, 1] + rise, grip)
        pose.arms[side] = Arm(wrist, point(np.cos(flare), -0.25 + zero, SIGN[side] * np.sin(flare)))
    return pose


def overhead_press(body: Body, style: Style, s: Array, sev: Mapping[str, Array], sway: Mapping[str, Array]) -> Pose:
    """Standing; the bar rises from the shoulders to straight arms."""
    zero, tall = np.zeros_like(s), body.height
    dip = np.exp(-(((s - 0.12) / 0.10) ** 2))
    knee = 5 + 35 * sev["leg_drive"] * dip
    arch = 38 * sev["back_arch"] * soft(s, 0.05, 0.4)
    ahead, above = standing_leg(body, 0.42 * knee, knee)
    pelvis = point(ahead + 0.04 * tall * arch / 38, body.ankle_height + above, zero)
    pose = neutral(pelvis, 2 + 0.25 * arch, sway)
    pose.flexion = 2 - arch
    pose.head = pose.head - 0.4 * arch
    uneven = sev["uneven_sides"] * SIGN[style.lead]
    pose.side = pose.side + -7 * uneven * soft(s, 0.05, 0.6)
    pose.legs = planted(body, style, len(s), zero, zero, style.stance * tall)
    within_reach(body, pose)
    shoulders, _ = shoulders_of(body, pose)
    way = s * (1 - 0.35 * sev["incomplete_lockout"])
    low, high = 0.035 * tall, 0.985 * body.arm
    for side in SIDES:
        lag = 0.055 * tall * sev["uneven_sides"] * np.sin(np.pi * np.clip(s, 0, 1)) * (side == style.lead)
        rise = low + way * (high - low) - lag
        x = 0.085 * tall * (1 - soft(way, 0.1, 0.8)) + 0.16 * sev["bar_forward"] * np.sin(np.pi * np.clip(way, 0, 1))
        aside = np.minimum(0.85 * style.grip * tall, body.shoulders / 2 + 0.12)
        wrist = point(shoulders[side][:, 0] + x, shoulders[side][:, 1] + rise, SIGN[side] * aside + zero)
        pose.arms[side] = Arm(wrist, point(0.55 + zero, -0.6 + zero, 0.5 * SIGN[side] + zero))
    return pose
