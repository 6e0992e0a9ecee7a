/** Axes of time charts: round ticks (1, 2, 5 × 10^n; seconds and minutes for time) in the fonts and colours of the page. */
import { colour, font } from "./chart-theme.js";
import { clock, fixed } from "./format.js";

const POWERS = Array.from({ length: 25 }, (_, n) => n - 12);
/** Steps between ticks that uPlot may choose from. */
export const ROUND_STEPS = POWERS.flatMap((power) => [1, 2, 5].map((lead) => Number(`${lead}e${power}`)));
export const TIME_STEPS = [
  ...ROUND_STEPS.filter((step) => step < 15), 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400,
];

/** How many decimals ticks need that are `step` apart: 0.25 needs two. */
export function decimals(step) {
  let digits = 0;
  while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
  return digits;
}

const tickText = (value, step) => fixed(value, decimals(step)).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");

const look = () => ({
  stroke: () => colour("--fb-muted"),
  ticks: { show: false },
  font: font(12),
  labelFont: font(12),
});

/** The axis of time, in minutes and seconds. */
export const timeAxis = () => ({
  ...look(),
  grid: { stroke: () => colour("--fb-line"), width: 1 },
  size: 28,
  incrs: TIME_STEPS,
  values: (u, ticks, column, space, step) => ticks.map((t) => clock(t, decimals(step))),
});

/** The n-th axis of values, in `unit`; the first stands on the left and draws the grid. */
export const valueAxis = (scale, unit, n) => ({
  ...look(),
  scale,
  side: n === 0 ? 3 : 1,
  size: 48,
  label: unit,
  labelSize: unit ? 18 : 0,
  labelGap: 0,
  incrs: ROUND_STEPS,
  values: (u, ticks, column, space, step) => ticks.map((tick) => tickText(tick, step)),
  grid: { show: n === 0, stroke: () => colour("--fb-line"), width: 1 },
});
