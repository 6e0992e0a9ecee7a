// Measures of one frame from its smoothed points. The same formulae as mlops/ml/biomechanics/form/measures.py.

import { bend, level, long, middle, offLine, tilt } from "./geometry.js";

export const [NOSE, EAR, SHOULDER, ELBOW, WRIST, HIP, KNEE, ANKLE, HEEL, TOE] = [0, 7, 11, 13, 15, 23, 25, 27, 29, 31];
export const SIDED = [
  "knee", "hip", "elbow", "shoulder", "ankle", "thigh", "shank", "forearm", "upper_arm", "valgus", "heel_lift",
  "wrist_height", "body_line", "sag", "pike", "neck", "curl",
];

export function measure(at, flat, body) {
  const found = {};
  sided(found, "_left", 0, at, flat, body);
  sided(found, "_right", 1, at, flat, body);
  for (const name of SIDED) found[name] = both(found[`${name}_left`], found[`${name}_right`], body.seen);
  single(found, at, flat, body);
  return found;
}

function sided(found, name, side, at, flat, { scale: s, flatness }) {
  const [shoulder, elbow, wrist, hip] = [SHOULDER, ELBOW, WRIST, HIP].map((one) => flat[one + side]);
  const [knee, ankle, heel, toe] = [KNEE, ANKLE, HEEL, TOE].map((one) => flat[one + side]);
  found[`knee${name}`] = bend(hip, knee, ankle);
  const [upper, lower] = [SHOULDER, HIP].map((one) => middle(flat[one], flat[one + 1]));
  const along = [upper[0] - lower[0], upper[1] - lower[1]];
  found[`hip${name}`] = bend([hip[0] + along[0], hip[1] + along[1]], hip, knee);
  found[`elbow${name}`] = bend(shoulder, elbow, wrist);
  found[`shoulder${name}`] = 180 - bend(elbow, shoulder, [shoulder[0] - along[0], shoulder[1] - along[1]]);
  const sole = [knee[0] - ankle[0] + heel[0], knee[1] - ankle[1] + heel[1]];
  found[`ankle${name}`] = bend(sole, heel, toe) - 90;
  found[`thigh${name}`] = tilt(hip, knee);
  found[`shank${name}`] = 180 - tilt(ankle, knee);
  found[`forearm${name}`] = 180 - tilt(elbow, wrist);
  found[`upper_arm${name}`] = tilt(shoulder, elbow);
  found[`heel_lift${name}`] = (toe[1] - heel[1]) / s;
  found[`wrist_height${name}`] = (shoulder[1] - wrist[1]) / s;
  found[`body_line${name}`] = bend(shoulder, hip, ankle);
  found[`pike${name}`] = offLine(shoulder, hip, ankle);
  found[`sag${name}`] = -found[`pike${name}`];
  const raised = (found[`wrist_height${name}`] / 2) * (1.6 - 0.6 * flatness);
  found[`curl${name}`] = (flatness * found[`elbow${name}`]) / 200 + raised;
  found[`neck${name}`] = bend(flat[EAR + side], shoulder, hip);
  found[`valgus${name}`] = valgus(at, side);
}

function valgus(at, side) {
  const [hip, knee, ankle, other] = [at[HIP + side], at[KNEE + side], at[ANKLE + side], at[HIP + 1 - side]];
  if (hip[1] === ankle[1]) return NaN;
  const line = hip[0] + ((knee[1] - hip[1]) / (ankle[1] - hip[1])) * (ankle[0] - hip[0]);
  const inwards = (knee[0] - line) * (other[0] > hip[0] ? 1 : -1);
  return bend(hip, knee, ankle) * (inwards > 0 ? 1 : -1);
}

function single(found, at, flat, { scale: s, origin, turn, facing, moving, jitter }) {
  const pair = (points, joint) => middle(points[joint], points[joint + 1]);
  const [shoulders, hips, knees, ankles] = [SHOULDER, HIP, KNEE, ANKLE].map((one) => pair(flat, one));
  const [elbows, wrists, feet] = [pair(flat, ELBOW), pair(flat, WRIST), pair(at, ANKLE)];
  found.trunk = 180 - tilt(hips, shoulders);
  found.hip_height = (ankles[1] - hips[1]) / s;
  found.shoulder_height = (ankles[1] - shoulders[1]) / s;
  found.shoulder_over_hip = (hips[1] - shoulders[1]) / s;
  [found.rise, found.shoulder_rise, found.wrist_rise] = [-hips[1] / s, -shoulders[1] / s, -wrists[1] / s];
  for (const [name, value] of [["travel", pair(at, HIP)[0]], ["foot_x", feet[0]], ["foot_y", feet[1]]]) {
    if (!Number.isNaN(value)) origin[name] ??= value;
    found[name] = (value - (origin[name] ?? NaN)) / s;
  }
  found.lift = (hips[1] - knees[1]) / s;
  found.hands_down = (wrists[1] - shoulders[1]) / s;
  found.elbow_down = (elbows[1] - shoulders[1]) / s;
  found.chin = (wrists[1] - at[NOSE][1]) / s;
  found.trunk_length = long(shoulders, hips) / s;
  found.hip_over_ends = ((shoulders[1] + ankles[1]) / 2 - hips[1]) / s;
  found.shoulder_ahead = Math.abs(shoulders[0] - wrists[0]) / s;
  found.wrist_ahead = Math.abs(wrists[0] - ankles[0]) / s;
  found.stance = Math.abs(flat[ANKLE][0] - flat[ANKLE + 1][0]) / s;
  for (const name of ["forearm", "upper_arm"]) found[`${name}_lean`] = 90 - Math.abs(found[name] - 90);
  const front = found.thigh_left < found.thigh_right ? "right" : "left";
  found.thigh_front = found[`thigh_${front}`];
  found.shin_front = found[`shank_${front}`];
  found.thigh_gap = Math.abs(found.thigh_left - found.thigh_right);
  found.knee_tilt = Math.abs(at[KNEE][1] - at[KNEE + 1][1]) / s;
  found.knee_gap_deg = Math.abs(found.knee_left - found.knee_right);
  const gap = long(at[ANKLE], at[ANKLE + 1]);
  found.feet_gap = gap / s;
  found.knee_ratio = gap > 0.1 * s ? long(at[KNEE], at[KNEE + 1]) / gap : NaN;
  found.hip_tilt = level(at[HIP], at[HIP + 1]);
  found.shoulder_tilt = level(at[SHOULDER], at[SHOULDER + 1]);
  found.wrist_tilt = Math.abs(at[WRIST][1] - at[WRIST + 1][1]) / s;
  const shoulderGap = long(at[SHOULDER], at[SHOULDER + 1]);
  const wide = shoulderGap > 0.2 * s ? shoulderGap : NaN;
  found.arm_spread = long(at[WRIST], at[WRIST + 1]) / wide;
  found.elbow_spread = long(at[ELBOW], at[ELBOW + 1]) / wide;
  Object.assign(found, { turn, facing, moving, jitter });
  found.towards = (at[SHOULDER][0] - at[SHOULDER + 1][0]) / s;
}

function both(left, right, seen) {
  if (Number.isNaN(left)) return right;
  if (Number.isNaN(right)) return left;
  const [a, b] = [seen[0] ** 4, seen[1] ** 4];
  return a + b > 0 ? (a * left + b * right) / (a + b) : (left + right) / 2;
}
