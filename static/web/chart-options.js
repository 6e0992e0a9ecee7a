/** Turns a time chart's data into uPlot's columns and options. Used by chart.js only. */
import { LANE_PX, spansPlugin } from "./chart-spans.js";
import { colour, faded, seriesDash, seriesToken } from "./chart-theme.js";
import { clock } from "./format.js";

/** uPlot's columns: t, then one column for values, or two (max, min) for an envelope. */
export function plotData({ t, series }) {
  return [t, ...series.flatMap((one) => (one.values ? [one.values] : [one.max, one.min]))];
}

const scaleOf = (units, unit) => `y${units.indexOf(unit ?? "")}`;

/** How many decimals ticks need that are `step` apart: 0.25 needs two. */
function decimals(step) {
  let digits = 0;
  while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
  return digits;
}

const tickText = (value, step) => value.toFixed(decimals(step)).replace(/^-/, "−");

function axis(scale, unit, n) {
  return {
    scale,
    side: n === 0 ? 3 : 1,
    size: 48,
    label: unit,
    labelSize: unit ? 18 : 0,
    labelGap: 0,
    values: (u, ticks, column, space, step) => ticks.map((tick) => tickText(tick, step)),
    stroke: () => colour("--fb-muted"),
    grid: { show: n === 0, stroke: () => colour("--fb-line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
  };
}

function line(n, scale, extra = {}) {
  return {
    scale,
    stroke: () => colour(seriesToken(n)),
    width: 1.75,
    dash: seriesDash(n),
    points: { show: false },
    ...extra,
  };
}

/** Each series notes in `columns` which uPlot columns belong to it. */
function lines(series, units) {
  const out = [];
  const bands = [];
  series.forEach((one, n) => {
    const scale = scaleOf(units, one.unit);
    const first = out.length + 1;
    if (one.values) {
      one.columns = [first];
      out.push(line(n, scale));
    } else {
      one.columns = [first, first + 1];
      out.push(line(n, scale, { width: 1, dash: [] }), line(n, scale, { width: 1, dash: [] }));
      bands.push({ series: [first, first + 1], fill: () => faded(seriesToken(n), 0.35) });
    }
  });
  return { out, bands };
}

/** uPlot options; `state` is read again at every draw, `on` holds cursor, select and reset. */
export function plotOptions(state, { width, height, live, narrow, lane }, on) {
  const units = [...new Set(state.series.map((one) => one.unit ?? ""))];
  const { out, bands } = lines(state.series, units);
  const scales = { x: { time: false, range: (u, low, high) => [low, high], auto: false, min: state.view[0], max: state.view[1] } };
  units.forEach((unit) => { scales[scaleOf(units, unit)] = { auto: true }; });
  const drag = { x: !live, y: false, setScale: false, dist: 5 };
  return {
    width,
    height,
    padding: [lane ? LANE_PX : 8, narrow || units.length === 1 ? 20 : 0, 0, 0],
    legend: { show: false },
    series: [{}, ...out],
    bands,
    scales,
    axes: [
      {
        stroke: () => colour("--fb-muted"),
        grid: { stroke: () => colour("--fb-line"), width: 1 },
        ticks: { show: false },
        font: "12px system-ui, sans-serif",
        size: 28,
        values: (u, ticks, column, space, step) => ticks.map((t) => clock(t, decimals(step))),
      },
      ...units.slice(0, narrow ? 1 : 2).map((unit, n) => axis(scaleOf(units, unit), unit, n)),
    ],
    cursor: {
      y: false,
      drag,
      points: { size: 7, width: 2 },
      bind: {
        dblclick: () => () => { if (!live) on.reset(); return null; },
      },
    },
    plugins: [spansPlugin(() => state.spans, () => state.pending)],
    hooks: {
      setCursor: [(u) => on.cursor(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"))],
      setSelect: [(u) => {
        if (u.select.width > 4) on.select(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
      }],
    },
  };
}
