/**
 * The keyboard and touch twins of a time chart's mouse.
 *
 * Keys, while the plot has the focus: ← → move the cursor by 1 % of the view (Shift: one sample),
 * Page Up/Down pan, Home/End go to the ends, + and − zoom around the cursor, 0 shows everything,
 * Enter starts and ends a selection, Escape drops it. Touch: drag sideways to select, tap to
 * place the cursor; vertical swipes still scroll the page.
 */
import { gettext } from "./words.js";

export const KEY_HELP = [
  ["← →", gettext("Move the cursor (Shift: one sample)")],
  ["Page Up, Page Down", gettext("Scroll")],
  ["Home, End", gettext("Go to the start or end")],
  ["+ −", gettext("Zoom in or out")],
  ["0", gettext("Show all")],
  ["Enter", gettext("Start or end a selection")],
  ["Escape", gettext("Clear the selection")],
];

/** Bind keys on `plot` to the chart's moves; `chart` is the object built in chart.js. */
export function bindKeys(plot, chart) {
  const moves = {
    ArrowLeft: (event) => chart.step(event.shiftKey ? "sample" : 0.01, -1),
    ArrowRight: (event) => chart.step(event.shiftKey ? "sample" : 0.01, 1),
    PageUp: () => chart.pan(-0.5),
    PageDown: () => chart.pan(0.5),
    Home: () => chart.moveTo(chart.view()[0]),
    End: () => chart.moveTo(chart.view()[1]),
    "+": () => chart.zoom(0.5),
    "=": () => chart.zoom(0.5),
    "-": () => chart.zoom(2),
    0: () => chart.resetRange(),
    Enter: () => chart.mark(),
    Escape: () => chart.clearSelection(),
  };
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in moves)) return;
    moves[event.key](event);
    chart.announce();
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Report clicks, and let a finger or pen do what the mouse does; `u` is the uPlot instance. */
export function bindPointer(u, chart) {
  let startX = null;
  let downX = 0;
  const at = (event) => {
    const box = u.over.getBoundingClientRect();
    return Math.min(Math.max(event.clientX - box.left, 0), box.width);
  };
  u.over.addEventListener("click", (event) => {
    if (Math.abs(at(event) - downX) < 4) chart.tapped(u.posToVal(at(event), "x"));
  });
  u.over.addEventListener("pointerdown", (event) => {
    downX = at(event);
    if (event.pointerType === "mouse") return;
    startX = at(event);
    u.over.setPointerCapture(event.pointerId);
  });
  u.over.addEventListener("pointermove", (event) => {
    if (startX === null || event.pointerType === "mouse") return;
    const x = at(event);
    u.setCursor({ left: x, top: u.over.clientHeight / 2 });
    const width = Math.abs(x - startX);
    u.setSelect({ left: Math.min(x, startX), width, top: 0, height: u.over.clientHeight }, false);
  });
  const end = (event) => {
    if (startX === null || event.pointerType === "mouse") return;
    const from = startX;
    startX = null;
    const x = at(event);
    if (event.type === "pointercancel") u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    else if (Math.abs(x - from) > 8) chart.selected(u.posToVal(from, "x"), u.posToVal(x, "x"));
    else chart.moveTo(u.posToVal(x, "x"));
  };
  u.over.addEventListener("pointerup", end);
  u.over.addEventListener("pointercancel", end);
}
