/** The stage of a live session: class, repetitions, bars, channels, timeline. For the athlete and for those who watch. */
import { labelToken } from "../web/chart-theme.js";
import { clock, percent } from "../web/format.js";
import { fill, gettext } from "../web/words.js";
import { FlexTailSocketBridge } from "./flextail_bridge.js";
import { LiveChart } from "./live_chart.js";
import { Sets } from "./live_sets.js";
import { Timeline } from "./live_timeline.js";
import { Vitals } from "./live_vitals.js";

const SPEAK_EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);

export class Stage {
  constructor() {
    this.bridge = new FlexTailSocketBridge();
    const title = (name) => (name ? this.bridge.title(name) : "–");
    this.sets = new Sets({ title, begin: () => this.begin, now: () => this.now() });
    this.vitals = new Vitals();
    this.timeline = new Timeline({
      body: $("live-timeline"), empty: $("live-timeline-empty"), counts: $("live-counts"),
      title, begin: () => this.begin ?? 0, onChange: (spans) => this.chart?.show(spans),
    });
    $("live-details").open = matchMedia("(min-width: 60rem)").matches; // on a phone only the count and the exercise
    this.answer = null;
    this.labels = [];
    this.spokenAt = -SPEAK_EVERY_MS;
    this.spoken = "";
    this.begin = null;
    this.last = { t: 0, at: performance.now() };
  }

  /** kind: ok, warn, bad, info or "". */
  state(words, kind = "") {
    const badge = $("live-state");
    if (badge.textContent === words && badge.className === `badge ${kind}`) return;
    badge.className = `badge ${kind}`;
    badge.textContent = words;
  }

  /** The stream's own second: of the newest sample, plus what passed since (a fifth of a second at most). */
  now() {
    return this.last.t + Math.min(0.2, (performance.now() - this.last.at) / 1000);
  }

  hello(data) {
    this.labels = data.labels.length ? data.labels : (data.model?.labels ?? []).map((name) => ({ name, title: this.bridge.title(name) }));
    this.bridge.titles = Object.fromEntries(this.labels.map(({ name, title }) => [name, title]));
    if (!this.chart) this.chart = new LiveChart($("live-chart"), data.channels, $("live-values"));
    data.corrections.forEach((one) => this.timeline.correct(one));
    this.sets.hello(data.sets);
    this.model(data.model);
  }

  model(model) {
    const line = $("live-model");
    if (!model) {
      line.textContent = gettext("There is no model for this sensor yet. The session is only recorded.");
      this.bridge.show(gettext("Recording"), 0, "");
      return;
    }
    const generated = model.generated ? gettext("Trained on generated data only, so expect mistakes.") : "";
    const named = fill(gettext("Model %(task)s, version %(version)s."), { task: model.task, version: model.version });
    line.textContent = `${named} ${generated}`.trim();
    if (!this.answer) this.bridge.updateProbabilities(Object.fromEntries(model.labels.map((name) => [name, 0])));
  }

  /** begin: the first second of the stream on the sender's clock, where one looks on from the middle. */
  samples(t, values, begin = t[0]) {
    this.begin ??= begin;
    this.last = { t: t.at(-1), at: performance.now() };
    this.chart?.push(t.map((moment) => moment - this.begin), values);
    $("live-clock").textContent = clock(t.at(-1) - this.begin);
  }

  message({ event, data }) {
    const handle = {
      hello: () => this.hello(data), model: () => this.model(data.model), corrected: () => this.timeline.correct(data),
      classification_result: () => this.result({ event, data }), repetitions: () => this.sets.repetitions(data),
      rest: () => this.sets.rest(data), sensor_check: () => this.vitals.check(data), heart_rate: () => this.vitals.heart(data.bpm),
      collecting: () => { if (!this.answer) this.bridge.handleMessage({ event, data }); },
    }[event];
    handle?.();
  }

  result(message) {
    const answer = message.data;
    if (answer.exercise === null) return;
    this.answer = answer;
    this.bridge.handleMessage(message);
    this.announce(answer);
    this.timeline.add(answer);
  }

  /** Large: what the server announces, steadied; the bars below stay the model's own. */
  announce(answer) {
    const { announced } = answer;
    const isNone = announced === undefined ? answer.abstained : announced === null;
    const words = isNone ? gettext("No exercise") : this.bridge.title(announced ?? answer.exercise);
    const share = answer.probabilities[announced ?? answer.exercise];
    const isRest = announced === "rest";
    const isSure = !isRest && !isNone && !answer.abstained && share !== undefined;
    const text = isSure ? percent(share) : "–"; // announced still, though this window's class is withheld
    this.bridge.show(words, isSure ? share : 0, isNone || isRest ? "" : text, isNone || isRest);
    $("detected-exercise").classList.toggle("is-rest", isRest);
    const glow = isNone || isRest ? "" : labelToken(announced ?? answer.exercise).replace("--fb-", "");
    $("live-glow").className = `live-glow ${glow}`;
    this.speak(words, isSure ? share : null);
  }

  /** Screen readers hear a change at most every five seconds. */
  speak(words, share) {
    const now = performance.now();
    if (words === this.spoken || now - this.spokenAt < SPEAK_EVERY_MS) return;
    this.spoken = words;
    this.spokenAt = now;
    $("live-spoken").textContent = share == null ? words : fill(gettext("%(exercise)s, %(n)s percent"), { exercise: words, n: Math.round(100 * share) });
  }

  close() {
    this.sets.close();
    this.vitals.close();
  }
}
