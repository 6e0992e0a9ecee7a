/**
 * What stands around a time chart's plot: tool bar, legend with the values under the cursor,
 * the sentence for screen readers and the text summary.
 */
import { seriesDash, seriesToken } from "./chart-theme.js";
import { stateOf } from "./chart-spans.js";
import { KEY_HELP } from "./chart-keys.js";
import { make } from "./dom.js";
import { clock, number } from "./format.js";
import { iconButton } from "./icons.js";
import { fill, gettext } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

function swatch(n) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "line");
  svg.setAttribute("viewBox", "0 0 24 8");
  svg.setAttribute("class", `chart-swatch series-${Number(seriesToken(n).slice(-1))}`);
  svg.setAttribute("aria-hidden", "true");
  const at = { x1: 0, x2: 24, y1: 4, y2: 4, "stroke-dasharray": seriesDash(n).join(" ") };
  Object.entries(at).forEach(([key, value]) => line.setAttribute(key, value));
  svg.append(line);
  return svg;
}

/** The value of one series at `index`, in words: "0.52 rad" or "0.1 to 0.9 rad". */
export function valueText(series, index) {
  const unit = series.unit ? ` ${series.unit}` : "";
  if (index === null || index === undefined) return "";
  if (series.values) return `${number(series.values[index])}${unit}`;
  return `${number(series.min[index])} to ${number(series.max[index])}${unit}`;
}

/** Legend of toggle buttons; returns {element, show(index)}. */
export function legend(series, onToggle) {
  const element = make("div", "chart-legend");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", gettext("Channels"));
  const values = series.map((one, n) => {
    const button = make("button", "chart-key");
    const value = make("span", "num muted");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(swatch(n), make("span", "", one.name), value);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      onToggle(n, on);
    });
    element.append(button);
    return value;
  });
  const show = (list, index) => values.forEach((v, n) => { v.textContent = valueText(list[n], index); });
  return { element, show };
}

/** Tool bar with zoom buttons and, where a selection is wanted, the mode switch. */
export function tools(chart, canBrush) {
  const element = make("div", "chart-tools");
  const time = make("span", "chart-time num");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", gettext("Chart tools"));
  element.append(time);
  if (canBrush) {
    const modes = make("div", "seg");
    for (const [mode, words] of [["zoom", gettext("Zoom")], ["brush", gettext("Select")]]) {
      const button = make("button", "", words);
      button.type = "button";
      button.dataset.mode = mode;
      button.addEventListener("click", () => chart.setMode(mode));
      modes.append(button);
    }
    element.append(modes, iconButton("mark", gettext("Start or end a selection at the cursor"), () => chart.mark()));
  }
  element.append(
    iconButton("zoom-out", gettext("Zoom out"), () => chart.zoom(2)),
    iconButton("zoom-in", gettext("Zoom in"), () => chart.zoom(0.5)),
    iconButton("left", gettext("Earlier"), () => chart.pan(-0.5)),
    iconButton("right", gettext("Later"), () => chart.pan(0.5)),
    iconButton("fit", gettext("Show all"), () => chart.resetRange()),
  );
  const showMode = (mode) => element.querySelectorAll("[data-mode]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  });
  return { element, showMode, showTime: (t) => { time.textContent = t === null ? "" : clock(t, 2); } };
}

/** Keyboard help for screen readers and a polite status line; returns {element, id, say(text)}. */
export function spoken() {
  const element = make("div", "visually-hidden");
  const help = make("p", "", fill(gettext("Keys: %(keys)s."), { keys: KEY_HELP.map(([keys, what]) => `${keys}: ${what}`).join("; ") }));
  const status = make("p", "");
  help.id = `chart-help-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  status.setAttribute("role", "status");
  element.append(help, status);
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { status.textContent = text; }, 250);
  };
  return { element, id: help.id, say };
}

function extremes(series) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of series.values ? [series.values] : [series.min, series.max]) {
    for (const value of list) {
      if (value === null || Number.isNaN(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** One paragraph that says what the chart shows. */
export function summarise({ extent, series, spans }) {
  const channels = series.map((one) => {
    const [low, high] = extremes(one);
    return fill(low <= high ? gettext("%(name)s %(low)s to %(high)s %(unit)s") : gettext("%(name)s: no data"), {
      name: one.name, low: number(low), high: number(high), unit: one.unit ?? "",
    }).trim();
  });
  const counts = new Map();
  for (const span of spans) {
    const key = `${span.label || gettext("no label")} (${stateOf(span).words})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const labels = [...counts].map(([key, n]) => `${n} × ${key}`).join(", ");
  const words = channels.length ? gettext("%(from)s to %(to)s. %(channels)s.") : gettext("%(from)s to %(to)s.");
  const first = fill(words, { from: clock(extent[0]), to: clock(extent[1]), channels: channels.join("; ") });
  return labels ? `${first} ${fill(gettext("Labels: %(labels)s."), { labels })}` : first;
}
