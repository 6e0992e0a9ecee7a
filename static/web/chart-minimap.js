/**
 * The whole recording in a strip below a time chart: its labels, its signal, and the window that the chart shows.
 *
 * Drag to move the window; while everything is shown, drag to choose a stretch. For mouse and finger: the keyboard has
 * Page Up and Page Down, so that the strip is hidden from who listens.
 */
import { colour, faded, labelToken, seriesToken } from "./chart-theme.js";
import { make } from "./dom.js";

const HEIGHT = 44;
const BAR = 9;
const MOST = 6;

/** `chart` is the object built in chart.js, `state` its state; the first data given are the whole. */
export function minimap(chart, state) {
  const element = make("div", "chart-minimap");
  const canvas = make("canvas");
  const view = make("div", "chart-minimap-view");
  const { t, series } = state;
  element.setAttribute("aria-hidden", "true");
  element.append(canvas, view);

  const share = (time) => (time - state.extent[0]) / (state.extent[1] - state.extent[0] || 1);
  const timeAt = (event) => {
    const box = element.getBoundingClientRect();
    const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return state.extent[0] + part * (state.extent[1] - state.extent[0]);
  };

  function signal(ctx, one, n, width) {
    const values = one.values ?? one.max.map((high, i) => (high + one.min[i]) / 2);
    const known = values.filter((value) => Number.isFinite(value));
    if (!known.length) return;
    const low = known.reduce((a, b) => Math.min(a, b));
    const high = known.reduce((a, b) => Math.max(a, b));
    const room = HEIGHT - BAR - 6;
    ctx.strokeStyle = faded(seriesToken(n), 0.55);
    ctx.beginPath();
    let isOpen = false;
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) { isOpen = false; return; }
      const [x, y] = [share(t[i]) * width, 3 + room * (1 - (value - low) / (high - low || 1))];
      if (isOpen) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      isOpen = true;
    });
    ctx.stroke();
  }

  function draw() {
    const width = element.clientWidth;
    if (!width) return;
    canvas.width = width * devicePixelRatio;
    canvas.height = HEIGHT * devicePixelRatio;
    const ctx = canvas.getContext("2d");
    ctx.scale(devicePixelRatio, devicePixelRatio);
    series.slice(0, MOST).forEach((one, n) => signal(ctx, one, n, width));
    for (const span of state.spans) {
      const isSure = String(span.state ?? "confirmed") === "confirmed";
      ctx.fillStyle = isSure ? colour(labelToken(span.label ?? "")) : faded(labelToken(span.label ?? ""), 0.4);
      ctx.fillRect(share(span.start) * width, HEIGHT - BAR, Math.max(2, (share(span.end) - share(span.start)) * width), BAR - 1);
    }
    place();
  }

  function place() {
    const [from, to] = state.view.map(share);
    view.style.left = `${100 * Math.max(0, from)}%`;
    view.style.width = `${100 * Math.min(1, to - from)}%`;
  }

  element.addEventListener("pointerdown", (event) => {
    const [low, high] = state.extent;
    const width = state.view[1] - state.view[0];
    const isWhole = width > (high - low) * 0.99;
    const from = timeAt(event);
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    const move = (moved) => {
      const to = timeAt(moved);
      if (!isWhole) chart.setRange(to - width / 2, to + width / 2);
      else if (Math.abs(to - from) > (high - low) / 200) chart.setRange(Math.min(from, to), Math.max(from, to));
    };
    const end = () => element.removeEventListener("pointermove", move);
    move(event);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end, { once: true });
    element.addEventListener("pointercancel", end, { once: true });
  });
  return { element, draw, place };
}
