// Angles in degrees and lengths in the picture's own proportions; y points down. A missing point is [NaN, NaN].

const DEGREES = 180 / Math.PI;

/** 180° minus the angle at b between the lines to a and c: 0 is straight. */
export function bend(a, b, c) {
  const [ux, uy, vx, vy] = [a[0] - b[0], a[1] - b[1], c[0] - b[0], c[1] - b[1]];
  return 180 - Math.atan2(Math.abs(ux * vy - uy * vx), ux * vx + uy * vy) * DEGREES;
}

/** Of the line a → b from straight down: 0 below, 90 level, 180 above. */
export const tilt = (a, b) => Math.atan2(Math.abs(b[0] - a[0]), b[1] - a[1]) * DEGREES;

/** Degrees of the line a–b from level, 0 … 90. */
export const level = (a, b) => Math.atan2(Math.abs(a[1] - b[1]), Math.abs(a[0] - b[0])) * DEGREES;

export function middle(a, b) {
  if (Number.isNaN(a[0])) return b;
  return Number.isNaN(b[0]) ? a : [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** How far b lies above the line a–c in the picture, as an angle at b; below it is negative. */
export function offLine(a, b, c) {
  if (a[0] === c[0]) return NaN;
  const line = a[1] + ((b[0] - a[0]) / (c[0] - a[0])) * (c[1] - a[1]);
  return bend(a, b, c) * (b[1] < line ? 1 : -1);
}

export function long(a, b) {
  const [dx, dy] = [a[0] - b[0], a[1] - b[1]];
  return Math.sqrt(dx * dx + dy * dy);
}
