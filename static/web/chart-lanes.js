/**
 * More than a few channels stand in lanes, one above the other, instead of over each other.
 *
 * Each series has a scale of its own whose range is so wide that its values fill their lane alone; cursor, selection and
 * labelled spans go through all lanes. A channel that is switched off leaves its lane to the others.
 */
import { colour, faded, font } from "./chart-theme.js";
import { number } from "./format.js";
import { fill, gettext } from "./words.js";

const MANY = 4;
/** Shares of a channel's range that its lane keeps free; its words stand above. */
const BELOW = 0.08;
const ABOVE = 0.4;

export const isStacked = (series) => series.length > MANY;

/** Pixels that so many lanes need; more lanes are each lower. */
export function stackedHeight(n, least) {
  const lane = n <= 8 ? 56 : n <= 16 ? 42 : 30;
  return Math.max(least, n * lane + 56);
}

/** Numbers of the series that are shown, from top to bottom. */
const shown = (u, state) => state.series.map((one, n) => n).filter((n) => u.series[state.series[n].columns[0]]?.show !== false);

/** The scale of the n-th series: [low, high] of its data → the range that puts them into its lane. */
export const laneScale = (state, n) => ({
  auto: true,
  range: (u, least, most) => {
    const [low, high] = [least ?? 0, most ?? 1];
    state.series[n].ends = least === null || least === undefined ? null : [low, high];
    const span = high - low || Math.abs(high) || 1;
    const from = (high > low ? low : low - span / 2) - BELOW * span;
    const size = (1 + BELOW + ABOVE) * span;
    const lanes = shown(u, state);
    const at = Math.max(0, lanes.indexOf(n));
    return [from - size * (lanes.length - 1 - at), from + size * (at + 1)];
  },
});

function words(ctx, text, x, y, ratio, align) {
  const width = ctx.measureText(text).width;
  ctx.textAlign = align;
  ctx.fillStyle = faded("--fb-surface", 0.78);
  ctx.fillRect((align === "left" ? x : x - width) - 3 * ratio, y - 1 * ratio, width + 6 * ratio, 15 * ratio);
  ctx.fillStyle = colour(align === "left" ? "--fb-ink" : "--fb-muted");
  ctx.fillText(text, x, y);
}

/** uPlot plugin: lines between the lanes; the name of each on the left, what it ranges over on the right. */
export function lanesPlugin(state) {
  function draw(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const lanes = shown(u, state);
    const height = bbox.height / Math.max(1, lanes.length);
    ctx.save();
    ctx.textBaseline = "top";
    ctx.lineWidth = ratio;
    ctx.strokeStyle = colour("--fb-line-strong");
    lanes.forEach((n, at) => {
      const { name, unit, ends } = state.series[n];
      const top = bbox.top + at * height;
      if (at) {
        ctx.beginPath();
        ctx.moveTo(bbox.left, Math.round(top));
        ctx.lineTo(bbox.left + bbox.width, Math.round(top));
        ctx.stroke();
      }
      ctx.font = font(12 * ratio, 600);
      words(ctx, name, bbox.left + 6 * ratio, top + 4 * ratio, ratio, "left");
      if (!ends || height < 28 * ratio) return;
      ctx.font = font(11 * ratio);
      const range = fill(gettext("%(low)s to %(high)s"), { low: number(ends[0]), high: `${number(ends[1])} ${unit ?? ""}`.trim() });
      words(ctx, range, bbox.left + bbox.width - 6 * ratio, top + 4 * ratio, ratio, "right");
    });
    ctx.restore();
  }
  return { hooks: { draw } };
}
