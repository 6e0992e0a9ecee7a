/** A guided recording while it runs: what to do now, the countdown, the takes; labels go to the server after each. */
import { make } from "../web/dom.js";
import { clock } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { GuidedForm } from "./guided_form.js";
import { GuidedPlan } from "./guided_plan.js";
import { Signals } from "./guided_signals.js";
import { keepTakes } from "./guided_takes.js";

const $ = (id) => document.getElementById(id);
const TICK_MS = 100;
const BADGE = {
  ready: [gettext("Ready"), ""], countdown: [gettext("Get ready"), "warn"], record: [gettext("Recording"), "bad"],
  rest: [gettext("Rest"), "info"], done: [gettext("Done"), "ok"],
};

export class Guided {
  constructor(config) {
    this.form = new GuidedForm(config);
    this.plan = null;
  }

  get task() {
    return this.form.task;
  }

  setLayout(layout) {
    this.form.setLayout(layout);
  }

  /** A sentence where the series cannot begin. */
  problem() {
    if (!this.task) return gettext("Choose a sensor that has a task.");
    return this.form.steps.length ? "" : gettext("Add an exercise.");
  }

  /** Run the series over a LiveSession. */
  attach(session) {
    this.session = session;
    this.plan = new GuidedPlan(this.form.steps, { countdown: this.form.countdown, restLabel: this.form.restLabel });
    this.signals = new Signals(this.form.hasSound);
    session.listeners.push({ hello: () => this.save(), close: () => this.close() });
    $("guided-stage").hidden = false;
    $("guided-minutes").hidden = true;
    const act = (id, what) => $(id).addEventListener("click", () => this.act(what));
    act("guided-go", () => this.go());
    act("guided-cancel", () => this.plan.cancel(this.now()));
    act("guided-redo", () => this.plan.redo(this.now()));
    act("guided-skip", () => this.plan.skip(this.now()));
    $("guided-finish").addEventListener("click", () => session.finish());
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.render();
    $("guided-stage").scrollIntoView({ block: "start" });
    $("guided-go").focus({ preventScroll: true });
  }

  /** The stream's own second. */
  now() {
    return this.session.stage.now();
  }

  get hasSamples() {
    return this.session.stage.begin !== null;
  }

  go() {
    const { plan } = this;
    if (!this.hasSamples) return;
    if (plan.phase === "record") plan.stop(this.now());
    else plan.begin(this.now());
  }

  act(what) {
    const before = this.plan.phase;
    const n = this.plan.takes.length;
    what();
    this.changed(before, n);
  }

  tick() {
    if (!this.hasSamples) return this.render();
    const before = this.plan.phase;
    const n = this.plan.takes.length;
    this.plan.tick(this.now());
    const left = this.plan.remaining(this.now());
    if (this.plan.phase === "countdown") this.signals.second(Math.ceil(left));
    return this.changed(before, n);
  }

  changed(before, n) {
    const { plan } = this;
    if (plan.phase !== before) {
      this.signals.phase(plan.phase);
      const n = plan.phase === "record" ? plan.step.seconds : 0;
      $("guided-spoken").textContent = n ? fill(ngettext("%(exercise)s, %(n)s second", "%(exercise)s, %(n)s seconds", n), { exercise: this.words(), n }) : this.words();
    }
    if (plan.takes.length !== n) this.save();
    this.render();
  }

  /** Keep and send the labels; a page that is offline sends them with the samples. */
  async save() {
    const { client } = this.session;
    if (!client) return;
    const isSent = this.plan.takes.length || client.entry.takes?.length ? await keepTakes(client, this.plan.labels) : true;
    const saved = this.plan.takes.length ? gettext("Your labels are saved.") : "";
    $("guided-saved").textContent = isSent ? saved : gettext("Your labels are saved on this device and sent when you are online.");
  }

  words() {
    const { plan } = this;
    if (plan.phase === "done") return gettext("All done");
    if (plan.phase === "rest") return gettext("Rest");
    return plan.step.title;
  }

  render() {
    const { plan } = this;
    const { phase, step } = plan;
    const left = this.hasSamples ? plan.remaining(this.now()) : null;
    const [badge, kind] = this.hasSamples ? BADGE[phase] : [gettext("Waiting for the sensor"), ""];
    $("guided-stage").dataset.phase = phase;
    set("guided-badge", badge);
    $("guided-badge").className = `badge ${kind}`;
    set("guided-now", this.words());
    set("guided-progress", fill(gettext("%(at)s of %(n)s"), { at: Math.min(plan.at + 1, plan.steps.length), n: plan.steps.length }));
    const open = phase === "record" && left === null ? this.now() - plan.since : null;
    set("guided-count", open !== null ? clock(open) : left === null ? "" : phase === "countdown" ? String(Math.ceil(left)) : clock(Math.ceil(left)));
    const length = phase === "countdown" ? plan.countdown : phase === "rest" ? plan.steps[plan.at - 1].rest : step?.seconds;
    $("guided-bar").value = left === null || !length ? 0 : 1 - left / length;
    set("guided-next", this.nextWords());
    const ready = fill(gettext("Record %(exercise)s"), { exercise: step?.title ?? "" });
    set("guided-go", { ready, rest: gettext("Skip rest"), record: gettext("Stop") }[phase] ?? "", "span");
    $("guided-go").hidden = !["ready", "rest", "record"].includes(phase);
    $("guided-go").disabled = !this.hasSamples;
    $("guided-cancel").hidden = !["countdown", "record"].includes(phase);
    $("guided-redo").hidden = !plan.takes.length || ["countdown", "record"].includes(phase);
    $("guided-skip").hidden = !step || !["ready", "rest"].includes(phase);
    this.renderTakes();
  }

  nextWords() {
    const { plan } = this;
    if (plan.phase === "done") return gettext("Finish to save everything with its labels.");
    const then = plan.phase === "rest" ? plan.step : plan.next;
    if (!then) return gettext("Last exercise");
    const rest = plan.phase === "rest" ? 0 : plan.step.rest;
    const words = rest ? gettext("Next: %(rest)s s rest, then %(exercise)s") : gettext("Next: %(exercise)s");
    return fill(words, { rest, exercise: then.title });
  }

  renderTakes() {
    const { takes, seconds } = this.plan;
    if (this.shown === takes.length) return;
    this.shown = takes.length;
    $("guided-takes-box").hidden = takes.length === 0;
    const titles = Object.fromEntries(this.plan.steps.map((step) => [step.label, step.title]));
    $("guided-takes").replaceChildren(...Object.entries(seconds).map(([label, total]) => {
      const row = make("tr");
      const name = make("th", "", titles[label]);
      name.scope = "row";
      const n = takes.filter((take) => take.label === label).length;
      row.append(name, make("td", "num", fill(ngettext("%(n)s take", "%(n)s takes", n), { n })), make("td", "num", clock(total)));
      return row;
    }));
  }

  /** The stream ends: a take that runs is kept as it is. The promise is the labels' way to the server. */
  close() {
    clearInterval(this.timer);
    this.plan.stop(this.now());
    $("guided-stage").hidden = true;
    return this.save();
  }
}

function set(id, words, inner = "") {
  const element = inner ? $(id).querySelector(inner) : $(id);
  if (element.textContent !== words) element.textContent = words;
}
