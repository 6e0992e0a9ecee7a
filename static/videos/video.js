/**
 * The page of a video: the clip, what was found in it drawn over it, its channels and its labels below, all at one time.
 *
 * The cursor of the chart moves the clip while it rests, and follows it while it plays. A label chosen while it plays
 * begins there and ends at the next choice of it, at another label, or where the clip stops.
 */
import { fixed } from "../web/format.js";
import { fill, gettext } from "../web/words.js";
import { toastError } from "../web/toast.js";
import { startLabelling } from "../sessions/labelling.js";
import { drawOverlay } from "./overlay.js";
import { videoPlayer } from "./player.js";
import { poseSource } from "./poses.js";

const root = document.querySelector("[data-player]");
const config = JSON.parse(document.getElementById("labelling-config").textContent);
const canvas = root.querySelector("canvas");
const isShown = root.querySelector("[data-overlay]");
const told = root.querySelector("[data-open-label]");
const frame_s = 1 / (config.rate_hz || 30);
let labels = null;
let open = null;
let moves = false;

const poses = poseSource(config.urls.poses, config.duration_s, { slack_s: 1.6 * config.every * frame_s, onLoad: draw });
const player = videoPlayer(root, { rate_hz: config.rate_hz, duration_s: config.duration_s, onTime, onState });

function draw() {
  if (canvas) drawOverlay(canvas, isShown?.checked ? poses.at(player.time) : null);
}

function onTime(t) {
  draw();
  if (!labels) return;
  moves = true;
  labels.chart.moveTo(t);
  moves = false;
  if (open) labels.chart.setSelection(open.start_s, Math.max(t, open.start_s + frame_s));
}

function onState() {
  if (!player.isPlaying) labels?.tried(close)();
  labels?.refresh();
}

function show() {
  told.textContent = open ? fill(gettext("%(label)s since %(time)s s"), { label: open.label || gettext("No exercise"), time: fixed(open.start_s, 1) }) : "";
}

/** End the open label here and save it. */
async function close() {
  if (!open) return;
  const { start_s, label } = open;
  const end_s = Math.max(player.time, start_s + frame_s);
  open = null;
  show();
  labels.chart.clearSelection();
  await labels.store.add({ start_s, end_s, label, state: label ? "confirmed" : "reviewed_empty" });
}

async function onLabelNow(label) {
  const before = open?.label;
  await close();
  if (before === label) return;
  open = { label, start_s: player.time };
  show();
}

function onCursor(t) {
  if (moves || t === null || player.isPlaying) return;
  if (Math.abs(t - player.time) > frame_s / 4) player.seek(t);
}

isShown?.addEventListener("change", draw);
new ResizeObserver(draw).observe(root);
startLabelling({ chartLabel: gettext("Joint angles and speeds of the video"), isPlaying: () => player.isPlaying, onLabelNow, onCursor })
  .then((page) => { labels = page; onTime(player.time); })
  .catch(toastError);
