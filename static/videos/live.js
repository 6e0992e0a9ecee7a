/** /videos/live/: a camera, a clip or a file → skeleton over it, and what the site's model makes of the poses. */
import { count, fixed, percent } from "../web/format.js";
import { fill, gettext } from "../web/words.js";
import { LiveLine } from "./live_line.js";
import { drawOverlay } from "./overlay.js";
import { PoseCamera } from "./pose_camera.js";

const config = JSON.parse(document.getElementById("live-video-config").textContent);
const form = document.querySelector("[data-live-form]");
const find = (name) => document.querySelector(`[data-live-${name}]`);
const stage = find("stage");
const canvas = stage.querySelector("canvas");
const KEPT_FRAMES = 600;
let line = null;
let file = null;
let taken = [];

const camera = new PoseCamera(stage.querySelector("video"), { onFrame, onStats, onEnd: () => end(gettext("The video is over.")) });
const say = (text) => { find("state").textContent = text; };
const chosen = () => form.elements.source.value;

function show() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== chosen();
}

function onFrame({ t, at, pose, size }) {
  drawOverlay(canvas, pose && { pose: pose.map(({ x, y, visibility }) => [x, y, visibility]), hands: [], boxes: [], filled: false });
  if (!line) connect(size);
  taken.push([t, at]);
  if (taken.length > KEPT_FRAMES) taken = taken.slice(-KEPT_FRAMES / 2);
  line.send(t, pose);
}

function onStats({ fps, dropped, finding_ms }) {
  find("fps").textContent = fixed(fps, 1);
  find("dropped").textContent = count(dropped);
  if (finding_ms !== null) find("finding").textContent = `${fixed(finding_ms, 0)} ms`;
}

function connect([width, height]) {
  const { model, smoothing } = form.elements;
  const hello = { model: model.value, smoothing: smoothing.value, width, height };
  line = new LiveLine(config.socket, { hello, onMessage, onState });
}

function onState(state) {
  if (state === "lost") say(gettext("The connection was lost. The skeleton goes on; answers come when it is back."));
  if (state === "open") say("");
  if (state === "closed") end(line?.code === 4429 ? gettext("Too many live videos of yours are open. Close another one.") : gettext("The site ended the connection. Sign in again and start anew."));
}

const heard = {
  hello({ model }) {
    const words = model && fill(gettext("%(title)s looks at %(n)s s at a time."), { title: model.title, n: fixed(model.window_s, 1) });
    const made = model?.generated ? ` ${gettext("It learned from generated data.")}` : "";
    find("about").textContent = model ? words + made : gettext("No model was chosen, so nothing is named.");
    find("label").textContent = model ? gettext("Waiting …") : gettext("No model");
    find("label").classList.add("is-none");
    find("sure").hidden = !model;
  },
  caption({ caption }) { find("caption").textContent = caption; },
  answer({ label, confidence, abstained, reason, end_s }) {
    const words = { nobody: gettext("Nobody in view"), unsure: gettext("Not sure"), unlike: gettext("Unknown movement") };
    find("label").textContent = words[reason] ?? label;
    find("label").classList.toggle("is-none", abstained);
    find("bar").value = confidence ?? 0;
    find("confidence").textContent = confidence === null ? "–" : percent(confidence);
    const last = taken.findLast(([t]) => t <= end_s + 1e-3);
    if (last) find("latency").textContent = `${fixed(performance.now() - last[1], 0)} ms`;
    taken = taken.filter(([t]) => t >= end_s);
  },
  error({ detail }) { say(detail); },
};

function onMessage({ event, data }) { heard[event]?.(data); }

function end(words = "") {
  camera.stop();
  line?.close();
  line = null;
  taken = [];
  drawOverlay(canvas, null);
  if (file) URL.revokeObjectURL(file);
  file = null;
  find("start").disabled = false;
  find("stop").hidden = true;
  say(words);
}

async function begin() {
  const { facing, clip, file: files, pose } = form.elements;
  const source = chosen();
  if (source === "file" && !files.files.length) return say(gettext("Choose a video file first."));
  const model = config.models.find(({ name }) => name === pose?.value) ?? config.models[0];
  find("start").disabled = true;
  say(gettext("Loading what finds your body …"));
  try {
    await camera.load({ runtime: config.runtime, model: model.url });
    say(source === "camera" ? gettext("Waiting for the camera …") : "");
    stage.hidden = false;
    find("frame").classList.toggle("is-mirrored", source === "camera" && facing.value === "user");
    if (source === "camera") await camera.start({ facing: facing.value });
    else {
      if (source === "file") file = URL.createObjectURL(files.files[0]);
      await camera.play(file ?? config.clips[clip.value]);
    }
    say("");
    find("stop").hidden = false;
    find("frame").scrollIntoView({ block: "nearest" });
  } catch (error) {
    stage.hidden = true;
    end(error.message);
  }
  return undefined;
}

form.addEventListener("change", (event) => { if (event.target.name === "source") show(); });
form.addEventListener("submit", (event) => { event.preventDefault(); begin(); });
find("stop").addEventListener("click", () => end());
addEventListener("pagehide", () => { camera.close(); line?.close(); });
show();
