/**
 * The page of a form report: the clip (or the body alone), angles over time with repetitions and phases shaded, bound to
 * one time; and the best beside the weakest repetition.
 */
import { request } from "../web/api.js";
import { timeChart } from "../web/chart.js";
import { fill, gettext } from "../web/words.js";
import { toastError } from "../web/toast.js";
import { drawOverlay } from "../videos/overlay.js";
import { videoPlayer } from "../videos/player.js";
import { poseSource } from "../videos/poses.js";
import { clockwork } from "./clockwork.js";
import { drawBody } from "./figure.js";

const root = document.querySelector("[data-form-player]");
const config = JSON.parse(document.getElementById("form-config").textContent);
const overlay = root.querySelector("canvas:not([data-stage])");
const stage = root.querySelector("[data-stage]");
const slack_s = 2.5 / (config.rate_hz || 30);
const NAMES = {
  knee: gettext("Knee"), hip: gettext("Hip"), ankle: gettext("Ankle"), elbow: gettext("Elbow"), shoulder: gettext("Shoulder"),
  trunk: gettext("Trunk"), valgus: gettext("Knee inwards"),
};
let chart = null;
let follows = false;

const poses = poseSource(config.poses_url, config.duration_s, { slack_s, onLoad: draw });
const player = videoPlayer(root, { rate_hz: config.rate_hz, duration_s: config.duration_s, onTime, onState() {} });
if (!player.element) clockwork(root, player, config.duration_s);

function draw() {
  const frame = config.poses_url ? poses.at(player.time) : null;
  if (overlay) drawOverlay(overlay, frame);
  if (stage) drawBody(stage, frame?.pose, config.aspect);
}

function onTime(t) {
  draw();
  follows = true;
  chart?.moveTo(t);
  follows = false;
}

function seek(t) {
  player.element?.pause();
  player.seek(t);
  root.scrollIntoView({ block: "nearest" });
}

/** "knee_left" → "Left knee", "trunk" → "Trunk". */
function named(key) {
  const [joint, side] = key.split("_");
  const name = NAMES[joint] ?? joint;
  if (!side) return name;
  return fill(side === "left" ? gettext("%(joint)s, left") : gettext("%(joint)s, right"), { joint: name });
}

/** Up to four joints that move most; a hidden side adds nothing. */
function shown(angles) {
  const range = (values) => {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    return known.length ? known.at(Math.floor(0.95 * (known.length - 1))) - known[Math.floor(0.05 * (known.length - 1))] : 0;
  };
  return Object.entries(angles).map(([key, values]) => ({ key, values, range: range(values) }))
    .filter((one) => one.range > 0).sort((a, b) => b.range - a.range).slice(0, 4);
}

async function showChart() {
  const place = root.querySelector("[data-form-chart]");
  const series = await request(config.series_url);
  const first = series.times_s[0] ?? 0;
  const lines = shown(series.angles);
  if (!lines.length) {
    place.replaceChildren();
    place.textContent = gettext("No angles are known from this view.");
    return;
  }
  chart = timeChart(place, {
    t: series.times_s.map((t) => t - (config.poses_url && stage ? first : 0)),
    series: lines.map((one) => ({ name: named(one.key), unit: "°", values: one.values })),
    spans: config.phases.map((one) => ({ ...one, state: "confirmed" })),
    extent: [0, config.duration_s],
    label: gettext("Joint angles over time"),
    onCursor(t) {
      if (follows || t === null || player.isPlaying) return;
      if (Math.abs(t - player.time) > slack_s / 10) player.seek(t);
    },
  });
  onTime(player.time);
}

/** The body at one moment of a repetition. */
async function compare(canvas) {
  const t = Number(canvas.dataset.compare);
  const query = new URLSearchParams({ start_s: Math.max(0, t - 0.3), end_s: t + 0.3, max_frames: 60 });
  const { frames } = await request(`${config.poses_url}${query}`);
  const known = frames.filter((frame) => frame.pose).sort((a, b) => Math.abs(a.t - t) - Math.abs(b.t - t));
  const show = () => drawBody(canvas, known[0]?.pose, config.aspect);
  new ResizeObserver(show).observe(canvas);
}

for (const button of document.querySelectorAll("[data-goto]")) button.addEventListener("click", () => seek(Number(button.dataset.goto)));
for (const canvas of document.querySelectorAll("[data-compare]")) compare(canvas).catch(toastError);
document.querySelector("[data-copy]")?.select();
new ResizeObserver(draw).observe(root);
showChart().catch(toastError);
