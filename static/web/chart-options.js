/** Turns a time chart's data into uPlot's columns and options. Used by chart.js only. */
import { timeAxis, valueAxis } from "./chart-axis.js";
import { isStacked, laneScale, lanesPlugin } from "./chart-lanes.js";
import { LANE_PX, spansPlugin } from "./chart-spans.js";
import { colour, faded, seriesDash, seriesToken } from "./chart-theme.js";

/** uPlot's columns: t, then one column for values, or two (max, min) for an envelope. */
export function plotData({ t, series }) {
  return [t, ...series.flatMap((one) => (one.values ? [one.values] : [one.max, one.min]))];
}

const scaleOf = (units, unit) => `y${units.indexOf(unit ?? "")}`;

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
function lines(series, scaleOfSeries) {
  const out = [];
  const bands = [];
  series.forEach((one, n) => {
    const scale = scaleOfSeries(one, n);
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
  const stacked = isStacked(state.series);
  const { out, bands } = lines(state.series, (one, n) => (stacked ? `lane${n}` : scaleOf(units, one.unit)));
  const scales = { x: { time: false, range: (u, low, high) => [low, high], auto: false, min: state.view[0], max: state.view[1] } };
  if (stacked) state.series.forEach((one, n) => { scales[`lane${n}`] = laneScale(state, n); });
  else units.forEach((unit) => { scales[scaleOf(units, unit)] = { auto: true }; });
  const drag = { x: !live, y: false, setScale: false, dist: 5 };
  return {
    width,
    height,
    padding: [lane ? LANE_PX : 8, narrow || stacked || units.length === 1 ? 20 : 0, 0, stacked ? 20 : 0],
    legend: { show: false },
    series: [{}, ...out],
    bands,
    scales,
    axes: [
      timeAxis(),
      ...(stacked ? [] : units.slice(0, narrow ? 1 : 2)).map((unit, n) => valueAxis(scaleOf(units, unit), unit, n)),
    ],
    cursor: {
      y: false,
      drag,
      points: { size: 7, width: 2 },
      bind: {
        dblclick: () => () => { if (!live) on.reset(); return null; },
      },
    },
    plugins: [spansPlugin(() => state.spans, () => state.pending), ...(stacked ? [lanesPlugin(state)] : [])],
    hooks: {
      setCursor: [(u) => on.cursor(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"))],
      setSelect: [(u) => {
        if (u.select.width > 4) on.select(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
      }],
    },
  };
}
