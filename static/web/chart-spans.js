/**
 * Draws labelled spans behind a time chart: a tinted band, a pattern that shows the state and,
 * in the lane above the plot, a tab with a sign and the label's name.
 *
 * span = {start, end, label, state, [id]}; start and end in seconds; state is "proposed",
 * "confirmed", "rejected" or "reviewed-empty" (underscores are read as hyphens).
 */
import { colour, faded, font, labelToken, pattern } from "./chart-theme.js";
import { gettext } from "./words.js";

export const LANE_PX = 24;
export const STATES = {
  proposed: { sign: "?", fill: 0.1, pattern: "hatch", dash: [5, 3], words: gettext("proposed") },
  confirmed: { sign: "✓", fill: 0.22, pattern: null, dash: [], words: gettext("confirmed") },
  rejected: { sign: "✗", fill: 0.04, pattern: "cross", dash: [2, 3], words: gettext("rejected") },
  "reviewed-empty": { sign: "–", fill: 0.04, pattern: "dots", dash: [1, 3], words: gettext("no exercise") },
};

/** How a state is drawn and said; an unknown state is shown like a proposal. */
export const stateOf = (span) =>
  STATES[String(span.state ?? "confirmed").replaceAll("_", "-")] ?? STATES.proposed;

/** The narrowest span that covers time `t`, or undefined. */
export function spanAt(spans, t) {
  return spans
    .filter((span) => span.start <= t && t <= span.end)
    .sort((a, b) => a.end - a.start - (b.end - b.start))[0];
}

function drawTab(ctx, box, span, look, token, ratio) {
  const text = `${look.sign} ${span.label || look.words}`;
  ctx.font = font(12 * ratio, 600);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y, box.width, box.height);
  ctx.clip();
  ctx.fillStyle = colour("--fb-surface");
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.fillStyle = faded(token, 0.28);
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.fillStyle = colour("--fb-ink");
  const fits = box.width > 14 * ratio;
  if (fits) ctx.fillText(text, box.x + 4 * ratio, box.y + box.height / 2);
  ctx.restore();
}

/** uPlot plugin; `spans()` and `pending()` ({start, end} or null) are read at every draw. */
export function spansPlugin(spans, pending) {
  function band(u, span, look, token) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const left = Math.max(bbox.left, u.valToPos(span.start, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(span.end, "x", true));
    if (right <= left) return;
    const width = Math.max(right - left, ratio);
    ctx.fillStyle = faded(token, look.fill);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    if (look.pattern) {
      ctx.fillStyle = pattern(ctx, look.pattern, token, ratio);
      ctx.globalAlpha = 0.45;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.strokeStyle = colour(token);
    ctx.lineWidth = ratio;
    ctx.setLineDash(look.dash.map((d) => d * ratio));
    ctx.beginPath();
    for (const x of [left, right]) {
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    const height = (LANE_PX - 4) * ratio;
    drawTab(ctx, { x: left, y: bbox.top - height, width, height }, span, look, token, ratio);
  }

  function draw(u) {
    u.ctx.save();
    for (const span of spans()) band(u, span, stateOf(span), labelToken(span.label ?? ""));
    const open = pending();
    if (open) {
      const look = { sign: "▸", fill: 0.18, pattern: null, dash: [4, 2] };
      band(u, { ...open, label: "new" }, look, "--fb-accent");
    }
    u.ctx.restore();
  }

  return { hooks: { drawClear: draw } };
}
