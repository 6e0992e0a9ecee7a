"""Forward kinematics: positions of 33 landmarks from how trunk, legs, arms and head are held, for all frames at once.

X ahead, Y up, Z to the person's right. Angles in degrees. Trunk, head and pelvis are given by angles; a limb whose end
is held (a foot on the floor, a hand on a bar) is closed by the circles of its two bones: every bone keeps its length.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mlops.ml.biomechanics.generator.body import Body
from mlops.ml.biomechanics.geometry import INDEX, SIDES, Array, unit

SIGN = {"left": -1.0, "right": 1.0}
UP = np.array([0.0, 1.0, 0.0])
RIGHT = np.array([0.0, 0.0, 1.0])
STRAIGHTEST = 0.99999
"""A limb is never stretched further than this share of its length."""


def sagittal(tilt: Array) -> tuple[Array, Array]:
    """(n, 3) along the trunk and (n, 3) ahead of it, for a lean forward of `tilt` degrees."""
    angle = np.radians(np.asarray(tilt, float))
    zero = np.zeros_like(angle)
    along = np.stack([np.sin(angle), np.cos(angle), zero], axis=-1)
    return along, np.stack([np.cos(angle), -np.sin(angle), zero], axis=-1)


def two_bones(root: Array, end: Array, first: float, second: float, towards: Array) -> tuple[Array, Array]:
    """Joint and end of a limb from `root` to `end` that bends `towards`; the end is nearer where it is out of reach."""
    line = end - root
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    along = line / np.maximum(distance, 1e-9)
    distance = np.clip(distance, abs(first - second) + 1e-3, STRAIGHTEST * (first + second))
    ahead = (first**2 - second**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(first**2 - ahead**2, 0.0))
    out = unit(towards - (towards * along).sum(axis=-1, keepdims=True) * along)
    return root + ahead * along + aside * out, root + distance * along


@dataclass
class Leg:
    """ankle (n, 3) of the flat foot; yaw (n,): toes out; bends (n, 3): where the knee points; heel (n,): degrees up"""

    ankle: Array
    yaw: Array
    bends: Array
    heel: Array


@dataclass
class Arm:
    """wrist (n, 3): where the hand is held; bends (n, 3): where the elbow points"""

    wrist: Array
    bends: Array


@dataclass
class Pose:
    """How a body is held in n frames.

    pelvis    (n, 3) the middle of the hips
    tilt      (n,) forward lean of the pelvis
    flexion   (n,) bend of the spine from pelvis to chest; less than 0 arches it
    side      (n,) lean of the trunk to the right
    twist     (n,) turn of the shoulders to the left against the pelvis
    drop      (n,) how far the right hip hangs lower
    head      (n,) lean of the head
    forward   (n,) how far the shoulders are pulled forward, metres
    """

    pelvis: Array
    tilt: Array
    flexion: Array
    side: Array
    twist: Array
    drop: Array
    head: Array
    forward: Array
    legs: dict[str, Leg] = field(default_factory=dict)
    arms: dict[str, Arm] = field(default_factory=dict)


def shoulders_of(body: Body, pose: Pose) -> tuple[dict[str, Array], Array]:
    """Both shoulders, and the middle between them. The spine is an arc of the trunk's length, so a rounded back is
    shorter between hips and shoulders: chord = trunk · sin(φ/2) / (φ/2)."""
    half = np.radians(pose.flexion) / 2
    along, ahead = sagittal(pose.tilt + pose.flexion / 2)
    side = np.radians(pose.side)[:, None]
    axis = along * np.cos(side) + RIGHT * np.sin(side)
    chord = body.trunk * np.sinc(half / np.pi)
    middle = pose.pelvis + chord[:, None] * axis + pose.forward[:, None] * ahead
    across = RIGHT * np.cos(side) - along * np.sin(side)
    twist = np.radians(pose.twist)[:, None]
    across = across * np.cos(twist) + ahead * np.sin(twist)
    return {name: middle + SIGN[name] * body.shoulders / 2 * across for name in SIDES}, middle


def hips_of(body: Body, pose: Pose) -> dict[str, Array]:
    along, _ = sagittal(pose.tilt)
    drop = np.radians(pose.drop)[:, None]
    across = RIGHT * np.cos(drop) - along * np.sin(drop)
    return {name: pose.pelvis + SIGN[name] * body.hips / 2 * across for name in SIDES}


def foot_of(body: Body, yaw: Array, heel: Array, side: str) -> dict[str, Array]:
    """(n, 3) from the ankle of a flat foot to ankle, heel and toes of one that turns up on its toes."""
    angle = np.radians(yaw)
    ahead = np.stack([np.cos(angle), np.zeros_like(angle), SIGN[side] * np.sin(angle)], axis=-1)
    turn = np.radians(heel)[:, None]
    toes = ahead * body.toe - UP * body.ankle_height

    def turned(back: float, up: float) -> Array:
        along = -back * np.cos(turn) + up * np.sin(turn)
        return np.asarray(toes + along * ahead + (back * np.sin(turn) + up * np.cos(turn)) * UP)

    places = {"ankle": turned(body.toe, body.ankle_height), "heel": turned(body.toe + body.heel, 0.0)}
    return {**places, "foot_index": toes}


def landmarks_of(body: Body, pose: Pose) -> Array:
    """(n, 33, 3) metres."""
    n = len(pose.pelvis)
    found = np.zeros((n, len(INDEX), 3))
    hips = hips_of(body, pose)
    shoulders, middle = shoulders_of(body, pose)

    def put(name: str, place: Array) -> None:
        found[:, INDEX[name]] = place

    for side in SIDES:
        put(f"{side}_hip", hips[side])
        put(f"{side}_shoulder", shoulders[side])
        leg = pose.legs[side]
        foot = foot_of(body, leg.yaw, leg.heel, side)
        ankle = leg.ankle + foot["ankle"]
        knee, ankle = two_bones(hips[side], ankle, body.thigh, body.shank, leg.bends)
        put(f"{side}_knee", knee)
        put(f"{side}_ankle", ankle)
        for name in ("heel", "foot_index"):
            put(f"{side}_{name}", ankle + foot[name] - foot["ankle"])
        arm = pose.arms[side]
        elbow, wrist = two_bones(shoulders[side], arm.wrist, body.upper_arm, body.forearm, arm.bends)
        put(f"{side}_elbow", elbow)
        put(f"{side}_wrist", wrist)
        _hand(body, put, side, elbow, wrist)
    _head(body, put, pose, middle)
    return found


def _hand(body: Body, put, side: str, elbow: Array, wrist: Array) -> None:  # type: ignore[no-untyped-def]
    along = unit(wrist - elbow)
    across = unit(np.cross(along, UP + 0.3 * RIGHT))
    for name, reach, aside in (("pinky", 0.95, 0.35), ("index", 1.0, -0.3), ("thumb", 0.6, -0.5)):
        put(f"{side}_{name}", wrist + body.hand * (reach * along + SIGN[side] * aside * across))


def _head(body: Body, put, pose: Pose, middle: Array) -> None:  # type: ignore[no-untyped-def]
    neck_axis, _ = sagittal((pose.head + pose.tilt + pose.flexion) / 2)
    axis, ahead = sagittal(pose.head)
    ears = middle + body.neck * neck_axis
    size = body.height
    put("nose", ears + size * (0.062 * ahead - 0.006 * axis))
    for side in SIDES:
        aside = SIGN[side] * RIGHT
        put(f"{side}_ear", ears + size * 0.043 * aside)
        for name, z in (("eye_inner", 0.009), ("eye", 0.018), ("eye_outer", 0.026)):
            put(f"{side}_{name}", ears + size * (0.052 * ahead + 0.016 * axis + z * aside))
        put(f"mouth_{side}", ears + size * (0.054 * ahead - 0.026 * axis + 0.014 * aside))
