// Frames in, measures out; remembers smoothing, scale, turn and which side is seen better.
// The same as class Body in mlops/ml/biomechanics/form/measures.py.

import { long, middle } from "./geometry.js";
import { ANKLE, ELBOW, HEEL, HIP, KNEE, SHOULDER, TOE, WRIST, measure } from "./measures.js";
import { Point } from "./smoothing.js";

const USED = [0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32];
const SEEN = { shoulder: SHOULDER, elbow: ELBOW, wrist: WRIST, hip: HIP, knee: KNEE, ankle: ANKLE, toe: TOE };
const MIN_VISIBILITY = 0.2;
const WIDTHS = [[SHOULDER, 0.75], [HIP, 0.42]];
const [FULL_TURN, NO_TURN] = [0.7, 0.9];
const [TURN_S, SIDE_S, SCALE_S] = [1, 1, 8];

const share = (dt, tau) => 1 - Math.exp(-Math.max(dt, 0) / tau);
const pair = (at, joint) => middle(at[joint], at[joint + 1]);

export class Body {
  /** aspect: width / height of the picture. */
  constructor(aspect) {
    this.aspect = aspect;
    this.points = Object.fromEntries(USED.map((at) => [at, new Point()]));
    this.t = this.scale = this.turn = NaN;
    this.seen = [0.5, 0.5];
    this.facing = this.moving = this.jitter = 0;
    this.origin = {};
    this.before = [NaN, NaN];
  }

  /** landmarks: 33 × {x, y, visibility} or [x, y, z, visibility] as shares of the picture; null where nobody is. */
  push(t, landmarks) {
    const dt = Number.isNaN(this.t) ? 0 : t - this.t;
    this.t = t;
    if (!landmarks) return null;
    const rows = Array.isArray(landmarks[0]) ? landmarks : landmarks.map((p) => [p.x, p.y, p.z, p.visibility]);
    const raw = Object.fromEntries(USED.map((at) => [at, this.#raw(rows[at])]));
    this.#rescale(raw, dt);
    if (Number.isNaN(this.scale)) return null;
    const smooth = Object.fromEntries(USED.map((at) => [at, this.points[at].push(t, ...raw[at], this.scale)]));
    this.#look(rows, smooth, dt);
    this.#shake(raw, smooth, dt);
    const found = measure(smooth, this.#flat(smooth), this);
    for (const [name, joint] of Object.entries(SEEN)) {
      found[`seen_${name}`] = Math.max(visible(rows[joint]), visible(rows[joint + 1]));
    }
    [found.side_left, found.side_right] = this.seen;
    return found;
  }

  #raw(at) {
    return at[3] >= MIN_VISIBILITY ? [at[0] * this.aspect, at[1]] : [NaN, NaN];
  }

  /** 1 from the side until three quarters to the front, then less; 0 from the front. */
  get flatness() {
    const turn = Number.isNaN(this.turn) ? 0 : this.turn;
    return Math.min(1, Math.max(0, (NO_TURN - turn) / (NO_TURN - FULL_TURN)));
  }

  #flat(smooth) {
    const turn = Number.isNaN(this.turn) ? 0 : this.turn;
    const squeeze = 1 + (1 / Math.sqrt(1 - Math.min(turn, FULL_TURN) ** 2) - 1) * this.flatness;
    return Object.fromEntries(USED.map((at) => [at, [smooth[at][0] * squeeze, smooth[at][1]]]));
  }

  #rescale(raw, dt) {
    const found = [long(pair(raw, SHOULDER), pair(raw, HIP))];
    for (const [a, b] of [[HIP, KNEE], [KNEE, ANKLE]]) {
      for (const side of [0, 1]) found.push(1.1 * long(raw[a + side], raw[b + side]));
    }
    const known = found.filter((one) => one > 0);
    if (!known.length) return;
    const longest = Math.max(...known);
    if (Number.isNaN(this.scale)) this.scale = longest;
    else this.scale += share(dt, longest > this.scale ? 0.25 : SCALE_S) * (longest - this.scale);
  }

  #look(rows, at, dt) {
    const wide = [];
    for (const [joint, width] of WIDTHS) {
      const apart = long(at[joint], at[joint + 1]);
      if (!Number.isNaN(apart)) wide.push(Math.min(1, apart / this.scale / width));
    }
    if (wide.length) {
      const now = wide.reduce((a, b) => a + b, 0) / wide.length;
      const before = Number.isNaN(this.turn) ? now : this.turn;
      this.turn = before + share(dt, TURN_S) * (now - before);
    }
    const part = share(dt, SIDE_S);
    for (const side of [0, 1]) {
      const seen = [SHOULDER, ELBOW, HIP, KNEE, ANKLE].reduce((sum, one) => sum + rows[one + side][3], 0) / 5;
      this.seen[side] += (dt ? part : 1) * (seen - this.seen[side]);
    }
    for (const [a, b] of [[HEEL, TOE], [HEEL + 1, TOE + 1]]) {
      const ahead = (at[b][0] - at[a][0]) / this.scale;
      if (!Number.isNaN(ahead)) this.facing += (dt ? part : 0.5) * (ahead - this.facing);
    }
  }

  #shake(raw, smooth, dt) {
    const [a, b] = [pair(smooth, SHOULDER), pair(smooth, HIP)];
    const now = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const speed = dt > 0 ? long(now, this.before) / this.scale / dt : NaN;
    if (!Number.isNaN(speed)) this.moving += (1 - Math.exp(-dt / 0.5)) * (speed - this.moving);
    this.before = now;
    const off = [SHOULDER, SHOULDER + 1, HIP, HIP + 1].map((one) => long(raw[one], smooth[one]) / this.scale);
    const known = off.filter((one) => !Number.isNaN(one));
    if (known.length && dt > 0) {
      this.jitter += (1 - Math.exp(-dt)) * (known.reduce((x, y) => x + y, 0) / known.length - this.jitter);
    }
  }
}

function visible(at) {
  const inside = at[0] >= -0.02 && at[0] <= 1.02 && at[1] >= -0.02 && at[1] <= 1.02;
  return inside ? at[3] : 0;
}
