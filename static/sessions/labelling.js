/**
 * Labels over time: chart with lazily loaded data, labels by mouse, touch and keyboard.
 *
 *   const page = await startLabelling({ chartLabel, onCursor(t), isPlaying(), onLabelNow(name) });
 *   page.chart, page.store, page.refresh(), page.tried(work)
 *
 * All hooks are optional. While `isPlaying()`, a label that is chosen goes to `onLabelNow` instead of a selection.
 *
 * A selection (dragged, or marked with Enter) or a picked label is the target; a digit, a button of
 * the palette or Enter (the last label again) names it. Everything can be undone with "u" or Ctrl+Z.
 */
import { timeChart } from "../web/chart.js";
import { clock } from "../web/format.js";
import { toastError, toastUndo } from "../web/toast.js";
import { request } from "../web/api.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { envelopeSource } from "./envelope.js";
import { labelPalette } from "./label_palette.js";
import { bindKeys } from "./labelling_keys.js";
import { spanEdges } from "./span_edges.js";
import { overlapWords } from "./span_overlaps.js";
import { SpanStore } from "./span_store.js";
import { spanTable } from "./span_table.js";

const root = document.querySelector("[data-labelling]");
const config = JSON.parse(document.getElementById("labelling-config").textContent);
const element = root.querySelector("[data-chart]");
const find = (name) => root.querySelector(`[data-${name}]`);

const store = new SpanStore(config.urls.spans, config.urls.spans_decide);
const source = envelopeSource(config.urls.envelope, config.duration_s);
const extent = [0, config.duration_s];
const step = 1 / (config.rate_hz || 50);
const state = { selection: null, picked: null, reviewed: config.reviewed, last: null };
let hooks = {};
let chart = null;
let edges = null;

const tried = (work) => async (...given) => {
  try {
    return await work(...given);
  } catch (error) {
    return toastError(error);
  }
};

const palette = labelPalette(find("palette"), config.label_sets, { onLabel: tried(apply) });
const table = spanTable(find("spans"), {
  labels: () => palette.names(),
  onPick: (id) => { pick(id, { show: true }); element.querySelector(".chart-plot").focus(); },
  onChange: tried(async (id, changes) => warn(await store.change(id, changes))),
  onRemove: tried((id) => remove(id)),
});

const isPlaying = () => Boolean(hooks.isPlaying?.());

/** Name the selection, or rename the picked label. */
async function apply(label) {
  state.last = label;
  if (isPlaying()) {
    await hooks.onLabelNow(label);
    return;
  }
  if (state.selection) {
    const [start_s, end_s] = state.selection;
    const span = await store.add({ start_s, end_s, label, state: label ? "confirmed" : "reviewed_empty" });
    drop();
    pick(span.id);
    warn(span);
    return;
  }
  const span = state.picked && store.find(state.picked);
  if (!span) return;
  const before = span.label;
  const changed = await store.change(span.id, { label, state: label ? "confirmed" : "reviewed_empty" });
  if (before !== label) offerUndo(fill(gettext("Label changed to %(label)s."), { label: label || gettext("No exercise") }));
  warn(changed);
}

async function remove(id) {
  await store.remove(id);
  if (store.current(id) === state.picked || !store.find(state.picked)) pick(null);
  offerUndo(gettext("Label deleted."));
}

/** Say what was done; the button takes exactly that back, as long as nothing came after it. */
function offerUndo(text) {
  const done = store.last;
  toastUndo(text, async () => { if (store.last === done) await undo(); });
}

async function decideAll(state) {
  const n = store.proposed.length;
  await store.decide(state);
  const words = state === "confirmed" ? ngettext("%(n)s label confirmed.", "%(n)s labels confirmed.", n) : ngettext("%(n)s label rejected.", "%(n)s labels rejected.", n);
  offerUndo(fill(words, { n }));
}

/** Forget the open selection. */
function drop() {
  state.selection = null;
  chart.clearSelection();
  refresh();
}

function pick(id, { show = false } = {}) {
  state.picked = id;
  const span = id && store.find(id);
  if (span) {
    state.selection = null;
    chart.clearSelection();
    if (show) {
      const pad = Math.max((span.end_s - span.start_s) * 0.75, 1);
      const [from, to] = chart.view();
      if (span.start_s < from || span.end_s > to || span.end_s - span.start_s < (to - from) / 40) {
        chart.setRange(span.start_s - pad, span.end_s + pad);
      }
    }
  }
  refresh();
}

function pickNext(direction) {
  if (!store.spans.length) return;
  const at = store.spans.findIndex((span) => span.id === state.picked);
  const next = at < 0 ? (direction > 0 ? 0 : store.spans.length - 1) : (at + direction + store.spans.length) % store.spans.length;
  pick(store.spans[next].id, { show: true });
}

function select(start, end) {
  state.picked = null;
  state.selection = [start, end];
  chart.setSelection(start, end);
  refresh();
}

/** A sentence about the last change, shown until the next one. */
function say(text) {
  refresh();
  find("palette-words").textContent = text;
}

/** Say that a label which was just set lies over others. */
function warn(span) {
  const text = span && overlapWords(span, store.spans);
  if (!text) return;
  say(text);
  find("palette").classList.add("warns");
}

/** Everything that follows from selection, picked label and labels. */
function refresh() {
  const span = state.picked && store.find(state.picked);
  chart.setSpans(store.spans.map((one) => ({ id: one.id, start: one.start_s, end: one.end_s, label: one.label, state: one.state })));
  if (span) edges.show(span.start_s, span.end_s, span.label || gettext("this label"));
  else edges.hide();
  const range = span ? [span.start_s, span.end_s] : state.selection;
  const words = isPlaying() ? gettext("Press a number key where something begins, and again where it ends.")
    : !range ? gettext("Drag over the chart to select a time range, then press a number key.")
    : fill(span
      ? gettext("%(label)s, %(from)s to %(to)s. Press a number key to change the label or Delete to remove it.")
      : gettext("%(from)s to %(to)s selected. Choose a label."),
    { label: span?.label || gettext("No exercise"), from: clock(range[0], 1), to: clock(range[1], 1) });
  palette.enable(Boolean(range) || isPlaying(), words);
  find("palette").classList.remove("warns");
  table.draw(store.spans, span?.id);
  const n = store.proposed.length;
  find("proposals").hidden = !n;
  find("n-proposed").textContent = fill(ngettext("%(n)s label to confirm.", "%(n)s labels to confirm.", n), { n });
  find("undo").disabled = !store.canUndo;
  find("empty").disabled = !range && !isPlaying();
  find("delete").disabled = !span;
  find("n-labels").textContent = fill(ngettext("%(n)s label", "%(n)s labels", store.spans.length), { n: store.spans.length });
}

async function undo() {
  const what = await store.undo();
  if (what) say(what);
}

async function review(reviewed) {
  await request(config.urls.review, { method: "POST", json: { reviewed } });
  state.reviewed = reviewed;
  showReviewed();
}

function showReviewed() {
  const button = find("review");
  button.setAttribute("aria-pressed", String(state.reviewed));
  button.querySelector("span").textContent = state.reviewed ? gettext("Reviewed") : gettext("Mark as reviewed");
}

/** Decide a proposed label and go on to the next one. */
async function decide(verdict) {
  const span = state.picked && store.find(state.picked);
  if (!span) return;
  await store.change(span.id, { state: verdict });
  offerUndo(verdict === "confirmed" ? gettext("Label confirmed.") : gettext("Label rejected."));
  const next = store.proposed.find((one) => one.start_s > span.start_s) ?? store.proposed[0];
  if (next) pick(next.id, { show: true });
}

async function loadRange(start, end) {
  const points = Math.min(2000, Math.max(400, Math.round(element.clientWidth)));
  const data = await source.load(start, end, points);
  if (!data) return;
  const off = [...element.querySelectorAll('.chart-key[aria-pressed="false"]')].map((key) => key.textContent);
  const before = element.querySelector(".chart-legend");
  chart.setData({ ...data, extent }, { keepRange: true });
  if (element.querySelector(".chart-legend") === before || !off.length) return;
  const names = new Set(off.map((text) => data.series.find((one) => text.startsWith(one.name))?.name));
  [...element.querySelectorAll(".chart-key")].forEach((key, n) => { if (names.has(data.series[n].name)) key.click(); });
}

function bind() {
  const on = (name, run) => find(name).addEventListener("click", tried(run));
  on("undo", undo);
  on("empty", () => apply(""));
  on("delete", () => state.picked && remove(state.picked));
  on("whole", () => select(0, config.duration_s));
  on("review", () => review(!state.reviewed));
  on("confirm-all", () => decideAll("confirmed"));
  on("reject-all", () => decideAll("rejected"));
  const span = () => state.picked && store.find(state.picked);
  bindKeys({
    label: (key) => (state.selection || span() || isPlaying()) && palette.byKey(key),
    last: () => state.last, hasSelection: () => Boolean(state.selection), span, pickNext,
    apply: tried(apply), decide: tried(decide), undo: tried(undo), edge: (n) => span() && edges.focus(n),
    remove: tried(() => remove(state.picked)), review: tried(() => review(!state.reviewed)),
    all: () => select(0, config.duration_s), letGo: () => { pick(null); drop(); },
  });
}

export async function startLabelling(given = {}) {
  hooks = given;
  const [data] = await Promise.all([source.load(0, config.duration_s, 1200), store.load()]);
  chart = timeChart(element, {
    ...data, extent, label: hooks.chartLabel ?? gettext("Channels of the recording"), minimap: true, height: element.clientWidth < 560 ? 280 : 360,
    onBrush: select, onRange: tried(loadRange), onSpan: (span) => pick(span.id), onCursor: (t) => hooks.onCursor?.(t),
  });
  edges = spanEdges(element, {
    view: () => chart.view(), step, extent,
    onDone: tried(async (start_s, end_s) => {
      const span = store.find(state.picked);
      if (span && (span.start_s !== start_s || span.end_s !== end_s)) warn(await store.change(span.id, { start_s, end_s }));
    }),
  });
  store.onChange = refresh;
  bind();
  showReviewed();
  refresh();
  root.dataset.ready = "yes";
  return { chart, store, refresh, tried };
}
