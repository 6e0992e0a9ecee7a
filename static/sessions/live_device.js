/**
 * "Run on this device": the champion answers in the browser instead of on the server. Samples are sent and stored as
 * always; without a connection the answers simply go on.
 *
 *   initDevice(session)   // a LiveSession, before it begins
 */
import { request } from "../web/api.js";
import { fixed } from "../web/format.js";
import { DeviceModel, NotHere } from "../web/inference.js";
import { fill, gettext } from "../web/words.js";
import { knows } from "./window_guard.js";
import { OnlineWindower } from "./online_windower.js";

const $ = (id) => document.getElementById(id);
const KEPT = "fitbalance-device-spec:";
const LEAST_S = 0.2;
const SAY_EVERY_MS = 2000;

/** What the champion of a layout is; the last known one without a connection. */
async function specFor({ layout, task = "" }) {
  const key = `${KEPT}${layout}:${task ?? ""}`;
  try {
    const spec = await request(`/api/v1/live/model/?${new URLSearchParams(task ? { layout, task } : { layout })}`);
    localStorage.setItem(key, JSON.stringify(spec));
    return spec;
  } catch (error) {
    const known = localStorage.getItem(key);
    if (error.code === "offline" && known) return JSON.parse(known);
    throw new NotHere(error.code === "offline" ? gettext("You are offline. The model works offline only after it has run on this device once.") : error.message);
  }
}

/** Why nothing is named, "" where the best class is the answer: `mlops/ml/decision.py` in the browser; a test compares them. */
export function reasonOf(spec, window, row, best) {
  if (spec.no_exercise.includes(spec.labels[best])) return "none";
  if (row[best] < spec.abstain_below) return "unsure";
  return knows(spec.guard, window.x, spec.window_spec.length, best) ? "" : "unlike";
}

/** The answer to one window, in the words of the live protocol. */
export function answerOf(spec, window, row) {
  const best = row.indexOf(Math.max(...row));
  const reason = reasonOf(spec, window, row, best);
  return {
    exercise: spec.labels[best], confidence: row[best], probabilities: Object.fromEntries(spec.labels.map((label, n) => [label, row[n]])),
    abstained: reason !== "", reason,
    start_s: window.start_s, end_s: window.end_s, model: spec.title, version: spec.version, skipped: 0, device: true,
  };
}

/** Samples between answers: at most five a second, and a divisor of the trained stride, so that offline windows are among them. */
export function liveStride({ stride, rate_hz: rate }) {
  const least = Math.max(1, Math.ceil(LEAST_S * rate - 1e-6));
  for (let n = least; n < stride; n += 1) if (stride % n === 0) return n;
  return stride;
}

export class DeviceAnswers {
  /** onMessage({event, data}) is told what a server would say. */
  constructor(model, { onMessage }) {
    const { spec } = model;
    Object.assign(this, { model, spec, onMessage, busy: false, waiting: null, nSkipped: 0, spentMs: 0, nAnswered: 0 });
    this.windower = new OnlineWindower({ ...spec.window_spec, stride: liveStride(spec.window_spec) }, spec.columns.length);
  }

  /** Samples in the stream's channel order. */
  frame(t, values) {
    const rows = values.map((row) => this.spec.columns.map((column) => row[column]));
    const windows = this.windower.push(t, rows);
    if (!windows.length) {
      const [n, of] = this.windower.filled;
      if (!this.nAnswered) this.onMessage({ event: "collecting", data: { n, of } });
      return;
    }
    this.nSkipped += windows.length - 1 + (this.waiting ? 1 : 0);
    this.waiting = windows.at(-1);
    this.work();
  }

  /** One window at a time, the newest; what could not be answered meanwhile is left out. */
  async work() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting) {
      const window = this.waiting;
      this.waiting = null;
      const began = performance.now();
      const [row] = await this.model.score([window.x]);
      this.spentMs += performance.now() - began;
      this.nAnswered += 1;
      this.onMessage({ event: "classification_result", data: { ...answerOf(this.spec, window, row), skipped: this.nSkipped } });
    }
    this.busy = false;
  }

  get meanMs() {
    return this.nAnswered ? this.spentMs / this.nAnswered : 0;
  }
}

/** Wire the switch of the stage to a LiveSession. A replay by the server is thinned out, so it has no switch. */
export function initDevice(session) {
  const { source } = session;
  const [box, note] = [$("live-device"), $("live-device-note")];
  $("live-device-box").hidden = Boolean(source.isServer || source.kind === "strap");
  let answers = null;
  let saidAt = 0;
  const say = (words) => { note.textContent = words; };

  box.addEventListener("change", async () => {
    if (!box.checked) {
      answers = null;
      session.muted = null;
      say("");
      return;
    }
    box.disabled = true;
    say(gettext("Loading the model…"));
    try {
      const spec = await specFor(source.hello);
      const model = await DeviceModel.load(spec);
      answers = new DeviceAnswers(model, { onMessage: (message) => session.show(message) });
      session.muted = new Set(["classification_result", "collecting"]);
      say(fill(gettext("%(model)s is running on this device."), { model: spec.title }));
    } catch (error) {
      box.checked = false;
      say(error instanceof NotHere ? error.message : gettext("The model cannot run in this browser."));
    } finally {
      box.disabled = false;
    }
  });

  session.listeners.push({
    frame(t, values) {
      if (!answers) return;
      answers.frame(t, values);
      const now = performance.now();
      if (answers.nAnswered && now - saidAt > SAY_EVERY_MS) {
        saidAt = now;
        say(fill(gettext("%(model)s is running on this device, %(ms)s ms per window."), { model: answers.spec.title, ms: fixed(answers.meanMs, 1) }));
      }
    },
    close() {
      box.disabled = true;
    },
  });
}
