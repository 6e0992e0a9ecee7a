/**
 * "Use these labels for a recording": both motion curves over each other, the offset between them, and the button that
 * proposes the labels of the video there.
 */
import { request } from "../web/api.js";
import { colour, onTheme } from "../web/chart-theme.js";
import { make } from "../web/dom.js";
import { toastError } from "../web/toast.js";
import { fill, gettext, ngettext } from "../web/words.js";

const root = document.querySelector("[data-align]");
const config = JSON.parse(document.getElementById("labelling-config").textContent);
const part = (name) => root.querySelector(`[data-align-${name}]`);
const [chooser, words, stage, canvas, slider, number, button] = ["recording", "words", "stage", "curves", "slider", "offset", "propose"].map(part);
const REACH_S = 15;
const AROUND_S = 5;
let found = null;
let offset_s = 0;

/** The curve from `from_s` to `to_s` of the recording; it lies `shift_s` later than its own time says. */
function line(context, curve, { shift_s, from_s, to_s, token, dash }) {
  const { width, height } = canvas;
  context.strokeStyle = colour(token);
  context.setLineDash(dash);
  context.lineWidth = 2 * (globalThis.devicePixelRatio || 1);
  context.beginPath();
  let isOpen = false;
  curve.values.forEach((value, n) => {
    const t = curve.start_s + shift_s + (n + 0.5) * curve.step_s;
    if (value === null || t < from_s || t > to_s) { isOpen = false; return; }
    const x = ((t - from_s) / (to_s - from_s)) * width;
    const y = height * (1 - 0.9 * Math.min(value, 1.1));
    if (isOpen) context.lineTo(x, y); else context.moveTo(x, y);
    isOpen = true;
  });
  context.stroke();
}

function draw() {
  if (!found) return;
  const scale = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  const context = canvas.getContext("2d");
  const range = { from_s: offset_s - AROUND_S, to_s: offset_s + config.duration_s + AROUND_S };
  line(context, found.recording, { ...range, shift_s: 0, token: "--fb-series-2", dash: [] });
  line(context, found.video, { ...range, shift_s: offset_s, token: "--fb-series-1", dash: [6 * scale, 4 * scale] });
}

function move(to_s) {
  if (!Number.isFinite(to_s)) return;
  offset_s = to_s;
  slider.value = String(to_s);
  draw();
}

async function choose() {
  const wanted = chooser.value;
  found = null;
  stage.hidden = true;
  words.textContent = wanted ? gettext("Comparing the motion…") : "";
  if (!wanted) return;
  try {
    const answer = await request(`${config.urls.alignment}&${new URLSearchParams({ recording: wanted })}`);
    if (chooser.value === wanted) show(answer);
  } catch (error) {
    if (chooser.value !== wanted) return;
    words.textContent = "";
    toastError(error);
  }
}

function show(answer) {
  found = answer;
  words.textContent = answer.words;
  offset_s = answer.offset_s ?? answer.stamp_offset_s ?? 0;
  slider.min = String(offset_s - REACH_S);
  slider.max = String(offset_s + REACH_S);
  number.value = offset_s.toFixed(2);
  stage.hidden = false;
  move(offset_s);
}

async function propose() {
  button.disabled = true;
  const json = { recording: chooser.value, offset_s, drift_ppm: found.drift_ppm };
  try {
    const done = await request(config.urls.alignment.split("?")[0], { method: "POST", json });
    const made = fill(ngettext("%(n)s label proposed.", "%(n)s labels proposed.", done.made), { n: done.made });
    const left = done.left_out ? ` ${fill(ngettext("%(n)s was left out: it lies outside the recording or on an existing label.", "%(n)s were left out: they lie outside the recording or on existing labels.", done.left_out), { n: done.left_out })}` : "";
    const link = make("a", "", gettext("Open the recording"));
    link.href = done.url;
    words.replaceChildren(`${made}${left} `, link);
  } catch (error) {
    toastError(error);
  } finally {
    button.disabled = false;
  }
}

chooser.addEventListener("change", choose);
slider.addEventListener("input", () => { move(slider.valueAsNumber); number.value = offset_s.toFixed(2); });
number.addEventListener("input", () => move(number.valueAsNumber));
button.addEventListener("click", propose);
new ResizeObserver(draw).observe(canvas);
onTheme(draw);
