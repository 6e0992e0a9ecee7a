/**
 * Draws body, hands and boxes of one frame over the clip.
 *
 *   drawOverlay(canvas, frame);   frame as poses.js gives it, or null: nothing; { keep: true } draws over what is there
 *
 * A point that is hardly seen is hollow; a pose that was filled between two others is dashed.
 */
import { colour, font } from "../web/chart-theme.js";

const BONES = [
  [11, 12], [11, 23], [12, 24], [23, 24], [11, 13], [13, 15], [12, 14], [14, 16], [23, 25], [25, 27], [24, 26], [26, 28],
  [27, 31], [28, 32], [27, 29], [28, 30], [29, 31], [30, 32],
];
const HAND = [
  [0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [5, 9], [9, 10], [10, 11], [11, 12], [9, 13], [13, 14],
  [14, 15], [15, 16], [13, 17], [17, 18], [18, 19], [19, 20], [0, 17],
];
const LEFT = new Set([11, 13, 15, 23, 25, 27, 29, 31]);
const SEEN = 0.5;
const TOKENS = { left: "--fb-series-1", right: "--fb-series-2", middle: "--fb-series-3", box: "--fb-series-4" };

function sized(canvas) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return ratio;
}

function line(ctx, a, b, token, width) {
  const { width: w, height: h } = ctx.canvas;
  for (const [style, thick] of [["rgba(0, 0, 0, 0.55)", width + 2], [colour(token), width]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = thick;
    ctx.beginPath();
    ctx.moveTo(a[0] * w, a[1] * h);
    ctx.lineTo(b[0] * w, b[1] * h);
    ctx.stroke();
  }
}

function drawBody(ctx, pose, ratio) {
  for (const [a, b] of BONES) {
    const token = LEFT.has(a) && LEFT.has(b) ? TOKENS.left : LEFT.has(a) || LEFT.has(b) ? TOKENS.middle : TOKENS.right;
    if (Math.min(pose[a][2], pose[b][2]) > 0.1) line(ctx, pose[a], pose[b], token, 3 * ratio);
  }
  pose.forEach(([x, y, visibility], n) => {
    if (n > 0 && n < 11) return; // of the face, the nose is enough
    ctx.beginPath();
    ctx.arc(x * ctx.canvas.width, y * ctx.canvas.height, 3.5 * ratio, 0, 2 * Math.PI);
    ctx.fillStyle = ctx.strokeStyle = colour(LEFT.has(n) ? TOKENS.left : n ? TOKENS.right : TOKENS.middle);
    ctx.lineWidth = 1.5 * ratio;
    if (visibility >= SEEN) ctx.fill(); else ctx.stroke();
  });
}

function drawBox(ctx, [x0, y0, x1, y1, name, confidence], ratio) {
  const { width: w, height: h } = ctx.canvas;
  ctx.strokeStyle = ctx.fillStyle = colour(TOKENS.box);
  ctx.lineWidth = 2 * ratio;
  ctx.strokeRect(x0 * w, y0 * h, (x1 - x0) * w, (y1 - y0) * h);
  ctx.font = font(12 * ratio, 600);
  ctx.textBaseline = "bottom";
  ctx.fillText(`${name} ${Math.round(confidence * 100)} %`, x0 * w + 2 * ratio, Math.max(y0 * h, 14 * ratio));
}

export function drawOverlay(canvas, frame, { keep = false } = {}) {
  const ratio = sized(canvas);
  const ctx = canvas.getContext("2d");
  if (!keep) ctx.clearRect(0, 0, canvas.width, canvas.height);
  if (!frame) return;
  ctx.lineCap = "round";
  ctx.setLineDash(frame.filled ? [6 * ratio, 6 * ratio] : []);
  if (frame.pose) drawBody(ctx, frame.pose, ratio);
  ctx.setLineDash([]);
  for (const hand of frame.hands) if (hand) for (const [a, b] of HAND) line(ctx, hand[a], hand[b], TOKENS.middle, 1.5 * ratio);
  for (const box of frame.boxes) drawBox(ctx, box, ratio);
}
