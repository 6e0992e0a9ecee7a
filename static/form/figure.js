/**
 * A body alone, drawn as large as its canvas allows.
 *
 *   drawBody(canvas, pose, aspect);   pose: 33 × [x, y, visibility] as shares of the picture, or null: nothing
 */
import { colour } from "../web/chart-theme.js";

const BONES = [
  [11, 12], [11, 23], [12, 24], [23, 24], [11, 13], [13, 15], [12, 14], [14, 16], [23, 25], [25, 27], [24, 26], [26, 28],
  [27, 31], [28, 32], [27, 29], [28, 30], [29, 31], [30, 32],
];
const MARGIN = 0.08;

export function drawBody(canvas, pose, aspect) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const ctx = canvas.getContext("2d");
  ctx.clearRect(0, 0, width, height);
  if (!pose) return;
  const points = pose.map(([x, y, seen]) => [x * aspect, y, seen]);
  const body = points.filter((_, n) => n === 0 || n >= 11);
  const [xs, ys] = [body.map(([x]) => x), body.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left || 1, Math.max(...ys) - top || 1];
  const scale = (1 - 2 * MARGIN) * Math.min(width / wide, height / high);
  const at = ([x, y]) => [(width - wide * scale) / 2 + (x - left) * scale, (height - high * scale) / 2 + (y - top) * scale];
  ctx.lineCap = "round";
  ctx.lineWidth = Math.max(3, width / 70);
  for (const [a, b] of BONES) {
    ctx.strokeStyle = colour(a % 2 === b % 2 ? (a % 2 ? "--fb-series-1" : "--fb-series-2") : "--fb-series-3");
    ctx.globalAlpha = Math.min(points[a][2], points[b][2]) < 0.5 ? 0.35 : 1;
    ctx.beginPath();
    ctx.moveTo(...at(points[a]));
    ctx.lineTo(...at(points[b]));
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("--fb-series-3");
  ctx.beginPath();
  ctx.arc(...at(points[0]), width / 28, 0, 2 * Math.PI);
  ctx.fill();
}
