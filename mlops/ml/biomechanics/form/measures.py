"""What is measured in every frame, from smoothed landmarks in the picture's own proportions. See docs/form.md.

x is multiplied by the aspect (width / height), so lengths in x and y compare; y points down. Angles are in degrees and
lengths in trunk lengths. A landmark below a visibility of 0.2 was guessed: what hangs on it is missing (NaN).
The same formulae stand in `static/sessions/form/measures.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, exp, isnan, nan, sqrt

from mlops.ml.biomechanics.form.smoothing import Point

MIN_VISIBILITY = 0.2
USED = (0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
NOSE, EAR, SHOULDER, ELBOW, WRIST, HIP, KNEE, ANKLE, HEEL, TOE = 0, 7, 11, 13, 15, 23, 25, 27, 29, 31
"""Of the left side; the right one follows it."""
SHOULDER_WIDTH, HIP_WIDTH = 0.75, 0.42
"""Between the joint centres, in trunk lengths (Winter 2009, table 4.1, shoulders and hips as landmarks place them)."""
SIDED = ("knee", "hip", "elbow", "shoulder", "ankle", "thigh", "shank", "forearm", "upper_arm", "valgus", "heel_lift",
         "wrist_height", "body_line", "sag", "pike", "neck", "curl")  # fmt: skip
SINGLE = (
    "trunk", "hip_height", "shoulder_height", "shoulder_over_hip", "rise", "shoulder_rise", "wrist_rise", "travel",
    "lift", "hands_down", "chin", "elbow_down", "trunk_length", "stance", "feet_gap", "knee_ratio", "hip_tilt",
    "shoulder_tilt", "wrist_tilt", "arm_spread", "elbow_spread", "hip_over_ends", "foot_x", "foot_y", "shoulder_ahead",
    "wrist_ahead", "thigh_front", "thigh_gap", "knee_tilt", "shin_front", "knee_gap_deg",
    "forearm_lean", "upper_arm_lean",
    "turn", "towards", "facing", "moving", "jitter",
)  # fmt: skip
SEEN = {
    "shoulder": SHOULDER, "elbow": ELBOW, "wrist": WRIST, "hip": HIP, "knee": KNEE, "ankle": ANKLE, "toe": TOE,
}  # fmt: skip
"""`seen_<name>`: how well the better side of it is seen, 0 … 1; what lies outside the picture is not."""
FULL_TURN, NO_TURN = 0.7, 0.9
_TURN_S, _SIDE_S, _SCALE_S = 1.0, 1.0, 8.0

Measures = dict[str, float]
XY = tuple[float, float]


def bend(a: XY, b: XY, c: XY) -> float:
    """180° minus the angle at b between the lines to a and c: 0 is straight."""
    ux, uy, vx, vy = a[0] - b[0], a[1] - b[1], c[0] - b[0], c[1] - b[1]
    return 180.0 - degrees(atan2(abs(ux * vy - uy * vx), ux * vx + uy * vy))


def tilt(a: XY, b: XY) -> float:
    """Of the line a → b from straight down: 0 b is below a, 90 level, 180 above."""
    return degrees(atan2(abs(b[0] - a[0]), b[1] - a[1]))


def middle(a: XY, b: XY) -> XY:
    """Between two points; where one is missing, the other."""
    if isnan(a[0]):
        return b
    return a if isnan(b[0]) else ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


def off_line(a: XY, b: XY, c: XY) -> float:
    """How far b lies above the line a–c in the picture, as an angle at b; below it is negative."""
    if a[0] == c[0]:
        return nan
    line = a[1] + (b[0] - a[0]) / (c[0] - a[0]) * (c[1] - a[1])
    return bend(a, b, c) * (1.0 if b[1] < line else -1.0)


class Body:
    """Frames in, measures out; holds what must be remembered: smoothing, scale, turn and which side is seen better."""

    def __init__(self, aspect: float, *, is_smooth: bool = False) -> None:
        self.aspect, self.is_smooth = aspect, is_smooth
        self.points = {at: Point() for at in USED}
        self.t = self.scale = nan
        self.turn = nan
        self.seen = [0.5, 0.5]
        self.facing = self.moving = self.jitter = 0.0
        self.before: XY = (nan, nan)
        self.origin: dict[str, float] = {}
        """Where hips and feet were first: ways are told from there, so that a scale that still grows moves nothing."""

    def push(self, t: float, landmarks: Sequence[Sequence[float]] | None) -> Measures | None:
        """Measures of one frame; None where nobody is seen. landmarks: 33 × (x, y, z, visibility) as shares."""
        dt = 0.0 if isnan(self.t) else t - self.t
        self.t = t
        if landmarks is None or isnan(landmarks[HIP][0]) or isnan(landmarks[SHOULDER][0]):
            return None
        raw = {at: self._raw(landmarks[at]) for at in USED}
        self._rescale(raw, dt)
        if isnan(self.scale):
            return None
        smooth = raw if self.is_smooth else {at: self.points[at].push(t, *raw[at], self.scale) for at in USED}
        self._look(landmarks, smooth, dt)
        self._shake(raw, smooth, dt)
        found = self._measure(smooth)
        for name, joint in SEEN.items():
            found["seen_" + name] = max(_visible(landmarks[joint]), _visible(landmarks[joint + 1]))
        found["side_left"], found["side_right"] = self.seen
        return found

    def _raw(self, at: Sequence[float]) -> XY:
        x, y, v = at[0], at[1], at[3]
        return (x * self.aspect, y) if v >= MIN_VISIBILITY else (nan, nan)

    def _rescale(self, raw: dict[int, XY], dt: float) -> None:
        """The trunk's length, remembered: it follows growth at once and shrinks slowly (a trunk that leans to the
        camera is no smaller one). Thigh and shank, 1.15 times, stand in for it."""
        found = [_long(_mid(raw, SHOULDER), _mid(raw, HIP))]
        for a, b in ((HIP, KNEE), (KNEE, ANKLE)):
            found += [1.1 * _long(raw[a + side], raw[b + side]) for side in (0, 1)]
        longest = max((one for one in found if one > 0), default=nan)
        if isnan(longest):
            return
        if isnan(self.scale):
            self.scale = longest
        else:
            tau = 0.25 if longest > self.scale else _SCALE_S
            self.scale += (1.0 - exp(-max(dt, 0.0) / tau)) * (longest - self.scale)

    def _look(self, landmarks: Sequence[Sequence[float]], at: dict[int, XY], dt: float) -> None:
        """How far the body is turned to the camera, which side is seen better, where it faces."""
        wide = []
        for joint, width in ((SHOULDER, SHOULDER_WIDTH), (HIP, HIP_WIDTH)):
            apart = _long(at[joint], at[joint + 1])
            if not isnan(apart):
                wide.append(min(1.0, apart / self.scale / width))
        if wide:
            now = sum(wide) / len(wide)
            before = now if isnan(self.turn) else self.turn
            self.turn = before + (1.0 - exp(-max(dt, 0.0) / _TURN_S)) * (now - before)
        share = 1.0 - exp(-max(dt, 0.0) / _SIDE_S)
        for side in (0, 1):
            seen = sum(landmarks[joint + side][3] for joint in (SHOULDER, ELBOW, HIP, KNEE, ANKLE)) / 5
            self.seen[side] += (share if dt else 1.0) * (seen - self.seen[side])
        for a, b in ((HEEL, TOE), (HEEL + 1, TOE + 1)):
            ahead = (at[b][0] - at[a][0]) / self.scale
            if not isnan(ahead):
                self.facing += (share if dt else 0.5) * (ahead - self.facing)

    def _shake(self, raw: dict[int, XY], smooth: dict[int, XY], dt: float) -> None:
        """Speed of shoulders and hips in body lengths a second, over half a second; how far raw points lie off."""
        a, b = _mid(smooth, SHOULDER), _mid(smooth, HIP)
        now = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        speed = _long(now, self.before) / self.scale / dt if dt > 0 else nan
        if not isnan(speed):
            self.moving += (1.0 - exp(-dt / 0.5)) * (speed - self.moving)
        self.before = now
        off = [_long(raw[one], smooth[one]) / self.scale for one in (SHOULDER, SHOULDER + 1, HIP, HIP + 1)]
        known = [one for one in off if not isnan(one)]
        if known and dt > 0:
            self.jitter += (1.0 - exp(-dt)) * (sum(known) / len(known) - self.jitter)

    def _measure(self, at: dict[int, XY]) -> Measures:
        turn = 0.0 if isnan(self.turn) else self.turn
        squeeze = 1.0 + (1.0 / sqrt(1.0 - min(turn, FULL_TURN) ** 2) - 1.0) * _fade(turn)
        flat = {k: (p[0] * squeeze, p[1]) for k, p in at.items()}
        found: Measures = {}
        for side, name in ((0, "_left"), (1, "_right")):
            self._sided(found, name, side, at, flat)
        for name in SIDED:
            found[name] = self._both(found[f"{name}_left"], found[f"{name}_right"])
        self._single(found, at, flat)
        return found

    def _sided(self, found: Measures, name: str, side: int, at: dict[int, XY], flat: dict[int, XY]) -> None:
        shoulder, elbow, wrist, hip = (flat[one + side] for one in (SHOULDER, ELBOW, WRIST, HIP))
        knee, ankle, heel, toe = (flat[one + side] for one in (KNEE, ANKLE, HEEL, TOE))
        s = self.scale
        found["knee" + name] = bend(hip, knee, ankle)
        upper, lower = _mid(flat, SHOULDER), _mid(flat, HIP)
        along = (upper[0] - lower[0], upper[1] - lower[1])
        found["hip" + name] = bend((hip[0] + along[0], hip[1] + along[1]), hip, knee)
        found["elbow" + name] = bend(shoulder, elbow, wrist)
        found["shoulder" + name] = 180.0 - bend(elbow, shoulder, (shoulder[0] - along[0], shoulder[1] - along[1]))
        sole = (knee[0] - ankle[0] + heel[0], knee[1] - ankle[1] + heel[1])
        found["ankle" + name] = bend(sole, heel, toe) - 90.0
        found["thigh" + name] = tilt(hip, knee)
        found["shank" + name] = 180.0 - tilt(ankle, knee)
        found["forearm" + name] = 180.0 - tilt(elbow, wrist)
        found["upper_arm" + name] = tilt(shoulder, elbow)
        found["heel_lift" + name] = (toe[1] - heel[1]) / s
        found["wrist_height" + name] = (shoulder[1] - wrist[1]) / s
        found["body_line" + name] = bend(shoulder, hip, ankle)
        found["pike" + name] = off_line(shoulder, hip, ankle)
        found["sag" + name] = -found["pike" + name]
        flatness = _fade(0.0 if isnan(self.turn) else self.turn)
        raised = found["wrist_height" + name] / 2.0 * (1.6 - 0.6 * flatness)
        found["curl" + name] = flatness * found["elbow" + name] / 200.0 + raised
        ear = flat[EAR + side]
        found["neck" + name] = bend(ear, shoulder, hip)
        found["valgus" + name] = self._valgus(at, side)

    def _valgus(self, at: dict[int, XY], side: int) -> float:
        """Frontal plane projection angle: the knee's bend in the picture, positive where it lies towards the middle."""
        hip, knee, ankle, other = at[HIP + side], at[KNEE + side], at[ANKLE + side], at[HIP + 1 - side]
        if hip[1] == ankle[1]:
            return nan
        line = hip[0] + (knee[1] - hip[1]) / (ankle[1] - hip[1]) * (ankle[0] - hip[0])
        inwards = (knee[0] - line) * (1.0 if other[0] > hip[0] else -1.0)
        return bend(hip, knee, ankle) * (1.0 if inwards > 0 else -1.0)

    def _single(self, found: Measures, at: dict[int, XY], flat: dict[int, XY]) -> None:
        s = self.scale
        shoulders, hips, knees, ankles = (_mid(flat, one) for one in (SHOULDER, HIP, KNEE, ANKLE))
        elbows, wrists, feet = _mid(flat, ELBOW), _mid(flat, WRIST), _mid(at, ANKLE)
        found["trunk"] = 180.0 - tilt(hips, shoulders)
        found["hip_height"], found["shoulder_height"] = (ankles[1] - hips[1]) / s, (ankles[1] - shoulders[1]) / s
        found["shoulder_over_hip"] = (hips[1] - shoulders[1]) / s
        found["rise"], found["shoulder_rise"], found["wrist_rise"] = -hips[1] / s, -shoulders[1] / s, -wrists[1] / s
        for name, value in (("travel", _mid(at, HIP)[0]), ("foot_x", feet[0]), ("foot_y", feet[1])):
            if not isnan(value):
                self.origin.setdefault(name, value)
            found[name] = (value - self.origin.get(name, nan)) / s
        found["lift"] = (hips[1] - knees[1]) / s
        found["hands_down"], found["elbow_down"] = (wrists[1] - shoulders[1]) / s, (elbows[1] - shoulders[1]) / s
        found["chin"] = (wrists[1] - at[NOSE][1]) / s
        found["trunk_length"] = _long(shoulders, hips) / s
        found["hip_over_ends"] = ((shoulders[1] + ankles[1]) / 2 - hips[1]) / s
        found["shoulder_ahead"] = abs(shoulders[0] - wrists[0]) / s
        found["wrist_ahead"] = abs(wrists[0] - ankles[0]) / s
        found["stance"] = abs(flat[ANKLE][0] - flat[ANKLE + 1][0]) / s
        for name in ("forearm", "upper_arm"):
            found[name + "_lean"] = 90.0 - abs(found[name] - 90.0)
        left = not found["thigh_left"] < found["thigh_right"]
        found["thigh_front"] = found["thigh_left"] if left else found["thigh_right"]
        found["shin_front"] = found["shank_left"] if left else found["shank_right"]
        found["thigh_gap"] = abs(found["thigh_left"] - found["thigh_right"])
        found["knee_tilt"] = abs(at[KNEE][1] - at[KNEE + 1][1]) / s
        found["knee_gap_deg"] = abs(found["knee_left"] - found["knee_right"])
        feet_gap, shoulder_gap = _long(at[ANKLE], at[ANKLE + 1]), _long(at[SHOULDER], at[SHOULDER + 1])
        found["feet_gap"] = feet_gap / s
        found["knee_ratio"] = _long(at[KNEE], at[KNEE + 1]) / feet_gap if feet_gap > 0.1 * s else nan
        found["hip_tilt"], found["shoulder_tilt"] = _level(at[HIP], at[HIP + 1]), _level(at[SHOULDER], at[SHOULDER + 1])
        found["wrist_tilt"] = abs(at[WRIST][1] - at[WRIST + 1][1]) / s
        wide = shoulder_gap if shoulder_gap > 0.2 * s else nan
        found["arm_spread"] = _long(at[WRIST], at[WRIST + 1]) / wide
        found["elbow_spread"] = _long(at[ELBOW], at[ELBOW + 1]) / wide
        found["turn"], found["facing"], found["moving"], found["jitter"] = (
            self.turn, self.facing, self.moving, self.jitter,
        )  # fmt: skip
        found["towards"] = (at[SHOULDER][0] - at[SHOULDER + 1][0]) / s

    def _both(self, left: float, right: float) -> float:
        """Of both sides by how well each is seen; where one is missing, the other."""
        if isnan(left):
            return right
        if isnan(right):
            return left
        a, b = self.seen[0] ** 4, self.seen[1] ** 4
        return (a * left + b * right) / (a + b) if a + b > 0 else (left + right) / 2


def _fade(turn: float) -> float:
    """How much of the squeeze is undone: all until three quarters to the front, then less: from the front, nothing."""
    return min(1.0, max(0.0, (NO_TURN - turn) / (NO_TURN - FULL_TURN)))


def _visible(at: Sequence[float]) -> float:
    inside = -0.02 <= at[0] <= 1.02 and -0.02 <= at[1] <= 1.02
    return at[3] if inside else 0.0


def _mid(at: dict[int, XY], joint: int) -> XY:
    return middle(at[joint], at[joint + 1])


def _long(a: XY, b: XY) -> float:
    dx, dy = a[0] - b[0], a[1] - b[1]
    return sqrt(dx * dx + dy * dy)


def _level(a: XY, b: XY) -> float:
    """Degrees of the line a–b from level, 0 … 90."""
    return degrees(atan2(abs(a[1] - b[1]), abs(a[0] - b[0])))
