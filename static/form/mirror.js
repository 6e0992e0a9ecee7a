/**
 * /mirror/: the camera, the body over it, counts and cues as repetitions end. While it runs nothing is sent; at the end
 * the landmarks of each set go to the site, or stay on this device until it can be reached.
 */
import { count, fixed } from "../web/format.js";
import { make } from "../web/dom.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { ScreenAwake } from "../sessions/screen_awake.js";
import { FormStream, exerciseOf } from "../sessions/form/stream.js";
import { drawOverlay } from "../videos/overlay.js";
import { PoseCamera } from "../videos/pose_camera.js";
import { openBox } from "./mirror_box.js";
import { Ghost } from "./mirror_ghost.js";
import { MirrorSets, packed, summary } from "./mirror_sets.js";
import { Voice } from "./mirror_voice.js";

const config = JSON.parse(document.getElementById("mirror-config").textContent);
const find = (name) => document.querySelector(`[data-mirror-${name}]`);
const form = find("form");
const canvas = find("frame").querySelector("canvas");
const voice = new Voice(document.documentElement.lang);
const awake = new ScreenAwake();
const CUE_MS = 4000;
const WHERE = {
  side: gettext("Stand sideways to the camera."), front: gettext("Face the camera."),
};
const WHY_NOT = {
  hidden: gettext("Step back: I can't see all of you."), view: gettext("Turn: this exercise is judged from another side."),
  rate: gettext("Counted. This device is too slow to judge."), unsure: gettext("More light, please."),
};
let run = null;
let workout = "";
let rows = new Map();

const camera = new PoseCamera(find("frame").querySelector("video"), { onFrame, onStats, onEnd: () => finish() });
const box = openBox(config.send, config.owner);

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const say = (words) => { find("state").textContent = words; };
const chosen = () => exerciseOf(config.table, form.elements.exercise.value);

function showChoice() {
  const { views } = chosen();
  find("where").textContent = views[0] === "side" ? WHERE.side : WHERE.front;
  find("file").hidden = form.elements.source.value !== "file";
}

function cue(words, isGood = false) {
  const place = find("cue");
  place.textContent = words;
  place.classList.toggle("is-good", isGood);
  clearTimeout(run?.cueTimer);
  if (run) run.cueTimer = setTimeout(() => { place.textContent = ""; }, CUE_MS);
}

const heldWords = (seconds) => fill(ngettext("%(n)s second", "%(n)s seconds", Math.round(seconds)), { n: fixed(seconds, 0) });

/** A repetition that ended: its count, its score, one thing to change. */
function ended(event) {
  const { judgement } = event;
  const before = run.sets.number;
  run.sets.event(event);
  if (run.sets.number !== before) find("set").textContent = fill(gettext("Set %(n)s"), { n: run.sets.number });
  run.ghost.learn(event, run.sets.frames.filter(({ t }) => t >= event.start_s && t <= event.end_s));
  const isHold = run.exercise.kind === "hold";
  if (!isHold) find("count").textContent = count(run.sets.count);
  find("score").textContent = judgement.score === null ? "–" : fixed(judgement.score, 0);
  if (judgement.score === null) cue(WHY_NOT[judgement.reason] ?? WHY_NOT.hidden);
  else cue(judgement.cue || gettext("Good"), !judgement.cue);
  const told = isHold ? heldWords(event.end_s - event.start_s) : String(run.sets.count);
  voice.say(judgement.cue ? `${told}. ${judgement.cue}` : told);
}

function onFrame({ t, pose, size }) {
  if (!run) return;
  if (!run.stream) {
    run.aspect = size[0] / size[1];
    run.stream = new FormStream(run.exercise, run.aspect);
    run.startedAt = new Date(Date.now() - 1000 * t).toISOString();
  }
  run.sets.frame(t, pose);
  for (const event of run.stream.push(t, pose)) ended(event);
  const { phase } = run.stream;
  if (phase !== run.phase) Object.assign(run, { phase, movedAt: phase === "rest" ? null : run.movedAt ?? t });
  if (run.exercise.kind === "hold") find("count").textContent = fixed(run.stream.heldS, 0);
  const progress = run.movedAt === null || !run.ghost.duration_s ? 0 : (t - run.movedAt) / run.ghost.duration_s;
  draw(pose, run.ghost.at(Math.min(1, progress), pose));
  const rest = run.sets.rest(t);
  find("rest").textContent = rest === null ? "" : fill(gettext("Rest %(n)s s"), { n: fixed(rest, 0) });
  if (rest !== null && run.shownSets !== run.sets.number) {
    run.shownSets = run.sets.number;
    find("count").textContent = "0";
  }
}

const plain = (pose) => pose.map(({ x, y, visibility }) => [x, y, visibility ?? 1]);

function draw(pose, ghost) {
  const frame = (points, filled) => ({ pose: points && plain(points), hands: [], boxes: [], filled });
  drawOverlay(canvas, ghost ? frame(ghost, true) : null);
  if (pose) drawOverlay(canvas, frame(pose, false), { keep: Boolean(ghost) });
}

function onStats({ fps }) {
  find("fps").textContent = fill(gettext("%(n)s pictures a second"), { n: fixed(fps, 0) });
}

async function start() {
  const { source, file, voice: speaks } = form.elements;
  if (source.value === "file" && !file.files.length) return say(gettext("Choose a video file first."));
  find("start").disabled = true;
  say(gettext("Loading what finds your body …"));
  voice.isOn = speaks.checked;
  workout ||= uuid();
  try {
    await camera.load({ runtime: config.runtime, model: config.models[0].url });
    const exercise = chosen();
    run = { exercise, stream: null, sets: new MirrorSets(uuid), ghost: new Ghost(), phase: "rest", movedAt: null, shownSets: 0 };
    for (const name of ["setup", "done"]) find(name).hidden = true;
    find("stage").hidden = false;
    find("title").textContent = exercise.title;
    find("count").textContent = "0";
    find("score").textContent = "–";
    for (const name of ["set", "rest", "cue", "fps"]) find(name).textContent = "";
    find("frame").classList.toggle("is-mirrored", source.value === "user");
    if (source.value === "file") {
      run.address = URL.createObjectURL(file.files[0]);
      await camera.play(run.address);
    } else {
      await camera.start({ facing: source.value });
      awake.start();
    }
    say("");
    find("stage").scrollIntoView({ block: "nearest" });
  } catch (error) {
    run = null;
    camera.stop();
    find("stage").hidden = true;
    find("setup").hidden = false;
    say(error.message);
  }
  find("start").disabled = false;
  return undefined;
}

async function finish() {
  if (!run) return;
  const ending = run;
  run = null;
  clearTimeout(ending.cueTimer);
  camera.stop();
  awake.stop();
  voice.quiet();
  if (ending.address) URL.revokeObjectURL(ending.address);
  for (const event of ending.stream?.finish() ?? []) ending.sets.event(event);
  const sets = ending.sets.finish();
  find("stage").hidden = true;
  find("done").hidden = false;
  if (!sets.length && !rows.size) {
    find("done").hidden = true;
    find("setup").hidden = false;
    return say(ending.exercise.kind === "hold"
      ? gettext("The position was not held long enough, so nothing is saved.")
      : gettext("No repetition was completed, so nothing is saved."));
  }
  const kept = await box;
  for (const one of sets) {
    addRow(one, ending);
    const startedAt = new Date(Date.parse(ending.startedAt) + 1000 * one.frames[0].t).toISOString();
    await kept.put({ id: one.id, workout, exercise: ending.exercise.key, aspect: ending.aspect, startedAt, data: packed(one.frames) });
  }
  await send();
}

function addRow(one, { exercise }) {
  const { score, cue: most, heldS } = summary(one.events);
  const done = exercise.kind === "hold" ? fill(gettext("%(n)s s"), { n: fixed(heldS, 0) }) : count(one.events.length);
  const row = make("tr");
  const cells = [String(rows.size + 1), exercise.title, done, score === null ? "–" : fixed(score, 0), most || "–"];
  for (const [n, text] of cells.entries()) {
    const cell = make(n ? "td" : "th", n === 2 || n === 3 ? "num" : "");
    cell.textContent = text;
    row.append(cell);
  }
  const state = make("td");
  state.textContent = "…";
  row.append(state);
  find("sets").append(row);
  rows.set(one.id, state);
}

async function send() {
  find("retry").hidden = true;
  find("saved").textContent = gettext("Saving …");
  const left = await (await box).send((id, report, why) => {
    const state = rows.get(id);
    if (!state) return;
    if (report) {
      const link = make("a");
      link.href = `${config.report}${report.id}/`;
      link.textContent = gettext("Open report");
      state.replaceChildren(link);
    } else state.textContent = why;
  });
  find("retry").hidden = !left;
  find("saved").textContent = left
    ? fill(ngettext("%(n)s set waits on this device. It is saved when the site can be reached.", "%(n)s sets wait on this device. They are saved when the site can be reached.", left), { n: left })
    : gettext("Saved with your workout.");
}

/** What an earlier page could not send. */
async function catchUp() {
  const kept = await box;
  const waiting = await kept.all();
  if (waiting.length) await kept.send(() => {});
}

form.addEventListener("change", showChoice);
form.addEventListener("submit", (event) => { event.preventDefault(); start(); });
find("stop").addEventListener("click", () => finish());
find("retry").addEventListener("click", () => send());
find("again").addEventListener("click", () => {
  find("done").hidden = true;
  find("setup").hidden = false;
});
addEventListener("pagehide", () => camera.close());
showChoice();
catchUp().catch(() => {});
