/**
 * The selected label on the chart: a frame and two handles that move its edges.
 *
 *   const edges = spanEdges(chartElement, { view: () => [start, end], step, extent, onDone(start, end) });
 *   edges.show(start, end, name);   edges.hide();
 *
 * A handle is dragged with mouse, pen or finger. With the keyboard (it is a slider): ← → one sample,
 * Shift ten samples, Page Up/Down one second, Enter and Escape go back to the chart.
 */
import { make } from "../web/dom.js";
import { clock } from "../web/format.js";
import { fill, gettext } from "../web/words.js";

const SETTLE_MS = 350;

export function spanEdges(element, { view, step, extent, onDone }) {
  const frame = make("div", "span-frame");
  const handles = ["start", "end"].map((edge) => handleFor(edge));
  let times = null;
  let name = "";
  let running = 0;
  let timer = 0;

  const over = () => element.querySelector(".chart-over");

  function handleFor(edge) {
    const handle = make("div", `span-handle ${edge}`);
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-orientation", "horizontal");
    for (const type of ["mousedown", "dblclick", "click"]) handle.addEventListener(type, (event) => event.stopPropagation());
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      const move = (moved) => {
        const box = over().getBoundingClientRect();
        const [from, to] = view();
        moveEdge(edge, from + ((moved.clientX - box.left) / box.width) * (to - from));
      };
      const end = () => {
        handle.removeEventListener("pointermove", move);
        if (times) onDone(...times);
      };
      handle.addEventListener("pointermove", move);
      handle.addEventListener("pointerup", end, { once: true });
      handle.addEventListener("pointercancel", end, { once: true });
    });
    handle.addEventListener("keydown", (event) => {
      const amount = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      const pages = { PageUp: 1, PageDown: -1 }[event.key];
      const n = edge === "start" ? 0 : 1;
      if (amount) moveEdge(edge, times[n] + amount * step * (event.shiftKey ? 10 : 1));
      else if (pages) moveEdge(edge, times[n] + pages);
      else if (event.key === "Enter" || event.key === "Escape") element.querySelector(".chart-plot").focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    handle.addEventListener("keyup", (event) => {
      if (/^(Arrow|Page)/.test(event.key)) settle();
    });
    handle.addEventListener("blur", () => { if (timer) flush(); });
    return handle;
  }

  /** Keys come in series: the new times are handed on when they pause. */
  function settle() {
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  }

  function flush() {
    clearTimeout(timer);
    timer = 0;
    if (times) onDone(...times);
  }

  function moveEdge(edge, t) {
    const least = 2 * step;
    const [start, end] = times;
    if (edge === "start") times = [Math.min(Math.max(t, extent[0]), end - least), end];
    else times = [start, Math.max(Math.min(t, extent[1]), start + least)];
    place();
  }

  function place() {
    const base = over();
    if (!base || !times) return;
    if (frame.parentNode !== base) base.append(frame, ...handles);
    const [from, to] = view();
    const x = (t) => ((t - from) / (to - from)) * base.clientWidth;
    const [left, right] = [Math.max(x(times[0]), 0), Math.min(x(times[1]), base.clientWidth)];
    frame.hidden = right <= left;
    frame.style.left = `${left}px`;
    frame.style.width = `${Math.max(right - left, 0)}px`;
    handles.forEach((handle, n) => {
      const at = x(times[n]);
      handle.hidden = at < -1 || at > base.clientWidth + 1;
      handle.style.left = `${at}px`;
      handle.setAttribute("aria-label", fill(n ? gettext("End of %(label)s") : gettext("Start of %(label)s"), { label: name }));
      handle.setAttribute("aria-valuemin", extent[0]);
      handle.setAttribute("aria-valuemax", extent[1]);
      handle.setAttribute("aria-valuenow", times[n].toFixed(2));
      handle.setAttribute("aria-valuetext", clock(times[n], 2));
    });
  }

  function follow() {
    place();
    running = times ? requestAnimationFrame(follow) : 0;
  }

  return {
    show(start, end, label) {
      if (!timer) times = [start, end];
      name = label;
      if (!running) follow();
    },
    hide() {
      clearTimeout(timer);
      timer = 0;
      times = null;
      frame.remove();
      handles.forEach((handle) => handle.remove());
    },
    /** Put the keyboard on the start (0) or end (1) handle. */
    focus: (n) => handles[n].focus(),
  };
}
