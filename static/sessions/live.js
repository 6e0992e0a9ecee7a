/** /live/ and /live/guided/: choose a source, stream it, see the answers, correct them, stop and store. */
import { watchJob } from "../web/job.js";
import { gettext } from "../web/words.js";
import { Choice } from "./live_choice.js";
import { initDevice } from "./live_device.js";
import { LiveSession } from "./live_session.js";
import { initStrap } from "./live_strap.js";

const $ = (id) => document.getElementById(id);
const config = JSON.parse($("live-config").textContent);
const form = $("live-form");
const guided = config.guided ? new (await import("./guided.js")).Guided(config.guided) : null;
const choice = new Choice(form, config, { onLayout: (layout) => guided?.setLayout(layout) });

async function store(job) {
  $("live-done").hidden = false;
  $("live-actions").hidden = true;
  document.body.classList.remove("is-streaming");
  $("live-done").scrollIntoView({ block: "nearest" });
  const end = (words, url) => {
    $("live-done-text").textContent = words;
    $("live-done-progress").hidden = true;
    $("live-done-actions").hidden = false;
    $("live-done-link").hidden = !url;
    if (url) $("live-done-link").href = url;
  };
  if (!job.status_url) {
    end(job.stream ? gettext("The replay is over. You made no corrections, so nothing new was saved.") : gettext("Nothing was recorded, so nothing was saved."), "");
    return;
  }
  try {
    const done = await watchJob(job.status_url);
    if (done.status === "succeeded") end(done.result.text ?? gettext("The recording is saved."), done.result.url);
    else end(done.failure?.reason ?? gettext("The recording could not be saved."), "");
  } catch {
    end(gettext("The recording is being saved. You will find it under Workouts."), "");
  }
}

async function stream(source) {
  $("live-chooser").hidden = true;
  $("live-stage").hidden = false;
  document.body.classList.add("is-streaming");
  scrollTo({ top: 0 });
  const session = new LiveSession({
    source, owner: config.owner, onFinished: store,
    onSession: (made) => { if (!guided) history.replaceState(null, "", `/live/${made}/`); },
  });
  guided?.attach(session);
  if (source.kind === "phone") initStrap(session, config.owner);
  initDevice(session);
  await session.begin();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  choice.problem("");
  const wrong = guided?.problem();
  if (wrong) {
    choice.problem(wrong);
    return;
  }
  $("live-start").setAttribute("aria-busy", "true");
  try {
    const source = await choice.source();
    if (source && guided?.task && source.hello) source.hello.task = guided.task.name;
    if (source) await stream(source);
  } catch (error) {
    choice.problem(Choice.words(error) ?? gettext("Something went wrong. Try again."));
  } finally {
    $("live-start").removeAttribute("aria-busy");
  }
});
