/**
 * One chart over time, on uPlot: zoom, selection, labelled spans, keyboard and touch.
 *
 *   import { timeChart } from "../web/chart.js";
 *   const chart = timeChart(element, {
 *     t: [0, 0.02, …],                            seconds, ascending
 *     series: [{ name, unit, values }             one number (or null: gap) per t, array or typed
 *              | { name, unit, min, max }],       envelope of thinned-out data, drawn as a band
 *     spans: [{ start, end, label, state, id? }], see chart-spans.js
 *     label: "Sensor channels",                   accessible name
 *     extent: [0, 600],      optional: whole range where t holds only a part of it
 *     height: 300, live: false,                   live: no tools, no summary, not announced
 *     minimap: false,                             a strip with the whole below it
 *     onBrush(start, end),   a selection was made in "brush" mode (offers the mode switch)
 *     onCursor(t, index),    the cursor moved; (null, null) when it left
 *     onSpan(span),          a span was clicked
 *     onRange(start, end),   the view changed (after 250 ms of rest): load finer data
 *     summary(info),         text for the paragraph below; info = { extent, series, spans }
 *   });
 *   chart.setData({ t, series, extent? }, { keepRange: true })   chart.setSpans(spans)
 *   chart.setMode("zoom" | "brush")    chart.setRange(start, end)   chart.resetRange()
 *   chart.moveTo(t)  chart.setSelection(start, end)  chart.clearSelection()  chart.view()
 *   chart.destroy()
 *
 * More than four series stand in lanes (chart-lanes.js) and may make the chart higher than `height`.
 * Keys are listed in chart-keys.js. The page needs vendor/uplot/uPlot.min.css and shows a table
 * beside the chart (include web/includes/chart_table.html).
 */
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { bindKeys, bindPointer } from "./chart-keys.js";
import { legend, spoken, summarise, tools, valueText } from "./chart-legend.js";
import { isStacked, stackedHeight } from "./chart-lanes.js";
import { minimap } from "./chart-minimap.js";
import { plotData, plotOptions } from "./chart-options.js";
import { spanAt, stateOf } from "./chart-spans.js";
import { onTheme } from "./chart-theme.js";
import { make } from "./dom.js";
import { clock } from "./format.js";
import { fill, gettext } from "./words.js";

export function timeChart(element, options) {
  const state = {
    t: options.t ?? [], series: options.series ?? [], spans: options.spans ?? [],
    extent: null, view: null, at: null, pending: null, marking: false, mode: "zoom",
  };
  const plot = make("div", "chart-plot");
  const voice = spoken();
  const summary = make("p", "chart-summary");
  const lane = Boolean(options.spans || options.onBrush);
  let u, keys, map, rangeTimer;

  const whole = (given) => given ?? (state.t.length ? [state.t[0], state.t.at(-1)] : [0, 1]);
  const clamp = (t) => Math.min(Math.max(t, state.extent[0]), state.extent[1]);

  const chart = {
    view: () => [...state.view],
    setRange(start, end) {
      const [low, high] = state.extent;
      const width = Math.min(Math.max(end - start, 1e-3), high - low || 1);
      const from = Math.min(Math.max(start, low), Math.max(low, high - width));
      state.view = [from, from + width];
      u.setScale("x", { min: from, max: from + width });
      map?.place();
      clearTimeout(rangeTimer);
      rangeTimer = setTimeout(() => options.onRange?.(...state.view), 250);
    },
    resetRange: () => chart.setRange(...state.extent),
    zoom(factor) {
      const [start, end] = state.view;
      const middle = state.at !== null && start <= state.at && state.at <= end ? state.at : (start + end) / 2;
      chart.setRange(middle - (middle - start) * factor, middle + (end - middle) * factor);
    },
    pan(share) {
      const shift = (state.view[1] - state.view[0]) * share;
      chart.setRange(state.view[0] + shift, state.view[1] + shift);
    },
    moveTo(t) {
      const to = clamp(t);
      const [start, end] = state.view;
      if (to < start || to > end) chart.setRange(to - (end - start) / 2, to + (end - start) / 2);
      queueMicrotask(() => u.setCursor({ left: u.valToPos(to, "x"), top: 1 }, false));
      cursorAt(to);
    },
    step(amount, direction) {
      const from = state.at ?? state.view[0];
      if (amount !== "sample") return chart.moveTo(from + (state.view[1] - state.view[0]) * amount * direction);
      const next = state.t[Math.min(Math.max(u.valToIdx(from) + direction, 0), state.t.length - 1)];
      return chart.moveTo(next ?? from);
    },
    mark() {
      const t = state.at ?? (state.view[0] + state.view[1]) / 2;
      if (!state.marking) {
        Object.assign(state, { marking: true, anchor: t, pending: { start: t, end: t } });
        voice.say(fill(gettext("Selection starts at %(time)s"), { time: clock(t, 2) }));
        u.redraw(false);
      } else chart.selected(state.anchor, t);
    },
    selected(a, b) {
      const [start, end] = [clamp(Math.min(a, b)), clamp(Math.max(a, b))];
      state.marking = false;
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      const label = state.mode === "brush" && options.onBrush;
      state.pending = label ? { start, end } : null;
      if (!label && end > start) chart.setRange(start, end);
      u.redraw(false);
      if (label) voice.say(fill(gettext("Selected %(from)s to %(to)s"), { from: clock(start, 2), to: clock(end, 2) }));
      if (label) options.onBrush(start, end);
    },
    setSelection(start, end) {
      state.pending = { start, end };
      u.redraw(false);
    },
    clearSelection: () => { Object.assign(state, { pending: null, marking: false }); u.redraw(false); },
    setMode: (mode) => { state.mode = mode; bar?.showMode(mode); },
    setSpans(spans) {
      state.spans = spans;
      u.redraw(false);
      map?.draw();
      showSummary();
    },
    setData(data, { keepRange = false } = {}) {
      const before = shape();
      const columns = state.series.map((one) => one.columns);
      Object.assign(state, { t: data.t, series: data.series.map((one, n) => ({ ...one, columns: columns[n] })) });
      state.extent = whole(data.extent ?? (keepRange ? state.extent : null));
      if (!keepRange) state.view = [...state.extent];
      if (shape() !== before) build();
      else {
        u.setData(plotData(state), false);
        u.setScale("x", { min: state.view[0], max: state.view[1] });
      }
      map?.place();
      showSummary();
    },
    tapped(t) {
      const hit = spanAt(state.spans, t);
      if (hit) options.onSpan?.(hit);
    },
    announce() {
      const span = spanAt(state.spans, state.at);
      const values = state.series.map((one) => `${one.name} ${valueText(one, u.valToIdx(state.at))}`);
      const where = span ? `, in ${span.label} (${stateOf(span).words})` : "";
      if (!state.marking) voice.say(`${clock(state.at ?? 0, 2)}${where}. ${values.join(", ")}`);
    },
    destroy() {
      stopTheme();
      watcher.disconnect();
      u.destroy();
      element.replaceChildren();
    },
  };

  function cursorAt(t) {
    state.at = t;
    const index = t === null || !state.t.length ? null : u.valToIdx(t);
    if (state.marking) {
      const [start, end] = [state.anchor, t ?? state.anchor].sort((a, b) => a - b);
      state.pending = { start, end };
      u.redraw(false);
    }
    bar?.showTime(t);
    keys.show(state.series, index);
    options.onCursor?.(t, index);
  }
  const shape = () => state.series.map((one) => `${one.name}|${one.unit}|${Boolean(one.values)}`).join();
  const showSummary = () => {
    if (!options.live) summary.textContent = (options.summary ?? summarise)(state);
  };

  function build() {
    u?.destroy();
    const width = element.clientWidth || 320;
    const narrow = width < 560;
    const size = { width, narrow, height: options.height ?? (narrow ? 240 : 320), live: options.live, lane };
    const stacked = isStacked(state.series);
    if (stacked) size.height = stackedHeight(state.series.length, size.height);
    const hooks = {
      cursor: (t) => { if (t !== state.at) cursorAt(t); },
      select: (from, to) => chart.selected(from, to),
      reset: () => chart.resetRange(),
    };
    u = new uPlot(plotOptions(state, size, hooks), plotData(state), plot);
    u.over.classList.add("chart-over");
    if (!options.live) bindPointer(u, chart);
    const made = legend(state.series, (n, on) => {
      state.series[n].columns.forEach((column) => u.setSeries(column, { show: on }));
      if (stacked) u.redraw();
    });
    keys?.element.replaceWith(made.element);
    keys = made;
  }
  map = options.minimap ? minimap(chart, state) : null;
  const bar = options.live ? null : tools(chart, Boolean(options.onBrush));
  state.extent = whole(options.extent);
  state.view = [...state.extent];
  element.classList.add("chart");
  element.replaceChildren(...(bar ? [bar.element] : []), plot);
  build();
  element.append(...(map ? [map.element] : []), keys.element, voice.element, ...(options.live ? [] : [summary]));
  plot.setAttribute("aria-label", options.label ?? gettext("Chart over time"));
  plot.setAttribute("role", options.live ? "img" : "application");
  if (!options.live) {
    plot.tabIndex = 0;
    plot.setAttribute("aria-describedby", voice.id);
    bindKeys(plot, chart);
  }
  chart.setMode(options.onBrush ? "brush" : "zoom");
  showSummary();
  const stopTheme = onTheme(() => { u.redraw(false); map?.draw(); });
  const watcher = new ResizeObserver(() => {
    u.setSize({ width: element.clientWidth, height: u.height });
    map?.draw();
  });
  watcher.observe(element);
  return chart;
}
