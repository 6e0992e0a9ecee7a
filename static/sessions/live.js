/** /live/: choose a source, stream it, see the answers, correct them, stop and store. */
import { request } from "../web/api.js";
import { watchJob } from "../web/job.js";
import { toast } from "../web/toast.js";
import { LiveClient } from "./live_client.js";
import { Player } from "./live_player.js";
import { BadFile, fileSource, recordingSource, sampleSource } from "./live_sources.js";
import { Stage } from "./live_stage.js";
import { initWrong } from "./live_wrong.js";

const MAX_RATE_HZ = 1000;
const $ = (id) => document.getElementById(id);
const config = JSON.parse($("live-config").textContent);
const form = $("live-form");
const CLOSED = {
  4400: "Too many samples could not be used.", 4403: "Your access ended.", 4404: "This session is over.",
  4408: "The connection was too slow.", 4409: "This session goes on in another window.", 4429: "Samples came too fast.",
};
let chosenFile = null;

function showFields() {
  const source = form.elements.source.value;
  form.querySelectorAll("[data-for]").forEach((part) => { part.hidden = part.dataset.for !== source; });
}

function problem(words) {
  $("live-problem").hidden = !words;
  $("live-problem").querySelector("div").textContent = words;
}

async function readFile() {
  chosenFile = null;
  problem("");
  const [file] = $("live-file").files;
  if (!file) return;
  try {
    chosenFile = await fileSource(file, config.layouts);
    const left = chosenFile.nLeftOut ? `, ${chosenFile.nLeftOut} lines left out` : "";
    $("live-file-facts").textContent = `${chosenFile.title}: ${chosenFile.t.length} samples at ${chosenFile.rateHz.toFixed(1)} Hz${left}.`;
  } catch (error) {
    $("live-file-facts").textContent = "";
    problem(error instanceof BadFile ? error.message : "The file cannot be read.");
  }
}

/** {source, kind, session, recording}: what will be streamed, and into which workout. */
async function prepare() {
  const kind = form.elements.source.value;
  if (kind === "recording") {
    const info = config.recordings.find((one) => one.id === form.elements.recording.value);
    if (!info) throw new BadFile("Choose a recording.");
    return { kind, source: recordingSource(info), session: info.session, recording: info.id };
  }
  if (kind === "file" && !chosenFile) throw new BadFile("Choose a file first.");
  const source = kind === "file" ? chosenFile : await sampleSource(config.sample);
  const title = kind === "file" ? $("live-file").files[0].name.slice(0, 120) : "";
  return { kind, source, session: null, recording: null, start: { source: kind, title } };
}

async function store(job) {
  $("live-done").hidden = false;
  $("live-actions").hidden = true;
  $("live-done").scrollIntoView({ block: "nearest" });
  const end = (words, url) => {
    $("live-done-text").textContent = words;
    $("live-done-progress").hidden = true;
    $("live-done-actions").hidden = false;
    $("live-done-link").hidden = !url;
    if (url) $("live-done-link").href = url;
  };
  if (!job.status_url) {
    end("Nothing was streamed, so nothing is stored.", "");
    return;
  }
  try {
    const done = await watchJob(job.status_url);
    if (done.status === "succeeded") end(done.result.text ?? "The recording is stored.", done.result.url);
    else end(done.failure?.reason ?? "The recording could not be stored.", "");
  } catch {
    end("The recording is being stored. You find it under Workouts.", "");
  }
}

async function stream({ kind, source, session, recording, start = {} }) {
  const speed = Math.max(1, Math.min(Number(form.elements.speed.value), Math.floor(MAX_RATE_HZ / Math.max(source.rateHz, 1))));
  const stage = new Stage();
  const hello = { layout: source.layout, rate_hz: Math.min(MAX_RATE_HZ, Math.max(0.1, source.rateHz * speed)), source: kind, recording };
  let over = false;
  $("live-chooser").hidden = true;
  $("live-stage").hidden = false;
  const address = (made) => history.replaceState(null, "", `/live/${made}/`);
  if (session) address(session);

  const show = (state, { waiting, entry }) => {
    if (state === "connecting") stage.state("Connecting");
    else if (state === "open") stage.state(entry.isEnding ? "Storing" : speed > 1 ? `Live · ${speed}×` : "Live", "ok");
    else if (state === "lost") stage.state(`No connection, ${waiting.toLocaleString()} samples are kept here`, "warn");
    else if (state === "full") stage.state("This device has no room left for samples", "bad");
  };
  const client = await LiveClient.begin({
    hello, session, start, owner: config.owner, onSession: address,
    onMessage(message) {
      stage.message(message);
      $("live-wrong").disabled = !stage.answer;
      if (message.event === "corrected") toast("Thank you. It is now a proposed label.", "success");
      if (message.event === "error" && message.data.code !== "unknown_stream") toast(message.data.detail, "error");
      if (message.event === "finished") {
        over = true;
        store(message.data);
      }
    },
    onState: (state, its) => (state === "closed" ? closed() : show(state, its)),
  });
  const timer = setInterval(() => show(client.state, client), 1000);
  const player = new Player(source, speed, {
    onFrame(t, values) {
      client.send(t, values);
      stage.samples(t, values);
    },
    onEnd: () => finish(),
    mayGo: () => !client.isBehind,
  });
  const finish = () => {
    player.stop();
    $("live-stop").disabled = true;
    client.finish();
    show(client.state, client);
  };
  const closed = () => {
    clearInterval(timer);
    player.stop();
    $("live-stop").disabled = $("live-wrong").disabled = true;
    stage.state(over ? "Over" : "Ended", over ? "" : "bad");
    if (!over) toast(CLOSED[client.code] ?? "The session ended.", "error");
  };
  $("live-stop").addEventListener("click", finish);
  window.addEventListener("beforeunload", (event) => { if (!client.isOver) event.preventDefault(); });
  initWrong(stage, (correction) => client.say("correction", correction));
  player.start();
}

form.addEventListener("change", showFields);
$("live-file").addEventListener("change", readFile);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem("");
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    await stream(await prepare());
  } catch (error) {
    problem(error instanceof BadFile || error.name === "Problem" ? error.message : "Something went wrong. Please try again.");
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
showFields();
$("live-start").disabled = false;
