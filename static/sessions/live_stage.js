/** The stage of a live session: class, bars, channels, timeline. Used where one streams and where one looks on. */
import { clock } from "../web/format.js";
import { FlexTailSocketBridge } from "./flextail_bridge.js";
import { LiveChart } from "./live_chart.js";
import { Timeline } from "./live_timeline.js";

const SPEAK_EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);

export class Stage {
  constructor() {
    this.bridge = new FlexTailSocketBridge();
    this.timeline = new Timeline({
      body: $("live-timeline"), empty: $("live-timeline-empty"), counts: $("live-counts"),
      title: (name) => this.bridge.title(name), begin: () => this.begin ?? 0, onChange: (spans) => this.chart?.show(spans),
    });
    this.answer = null;
    this.labels = [];
    this.spokenAt = -SPEAK_EVERY_MS;
    this.spoken = "";
    this.begin = null;
  }

  /** kind: ok, warn, bad, info or "". */
  state(words, kind = "") {
    $("live-state").className = `badge ${kind}`;
    $("live-state").textContent = words;
  }

  hello(data) {
    this.labels = data.labels.length ? data.labels : (data.model?.labels ?? []).map((name) => ({ name, title: this.bridge.title(name) }));
    this.bridge.titles = Object.fromEntries(this.labels.map(({ name, title }) => [name, title]));
    if (!this.chart) this.chart = new LiveChart($("live-chart"), data.channels, $("live-values"));
    data.corrections.forEach((one) => this.timeline.correct(one));
    this.model(data.model);
  }

  model(model) {
    const line = $("live-model");
    if (!model) {
      line.textContent = "No model answers this sensor yet. The session is only recorded.";
      this.bridge.show("Recording", 0, "");
      return;
    }
    const generated = model.generated ? " Trained on generated data only: expect mistakes with real people." : "";
    line.textContent = `Model ${model.task}, version ${model.version}.${generated}`;
    if (!this.answer) this.bridge.updateProbabilities(Object.fromEntries(model.labels.map((name) => [name, 0])));
  }

  /** begin: the first second of the stream on the sender's clock, where one looks on from the middle. */
  samples(t, values, begin = t[0]) {
    this.begin ??= begin;
    this.chart?.push(t.map((moment) => moment - this.begin), values);
    $("live-clock").textContent = clock(t.at(-1) - this.begin);
  }

  message({ event, data }) {
    if (event === "hello") this.hello(data);
    else if (event === "model") this.model(data.model);
    else if (event === "corrected") this.timeline.correct(data);
    else if (event === "classification_result") this.result({ event, data });
    else if (event === "collecting" && !this.answer) this.bridge.handleMessage({ event, data });
  }

  result(message) {
    this.answer = message.data;
    this.bridge.handleMessage(message);
    this.timeline.add(message.data);
    this.speak(message.data);
  }

  /** Screen readers hear a change at most every five seconds. */
  speak(answer) {
    const words = answer.abstained ? "No exercise" : this.bridge.title(answer.exercise);
    const now = performance.now();
    if (words === this.spoken || now - this.spokenAt < SPEAK_EVERY_MS) return;
    this.spoken = words;
    this.spokenAt = now;
    $("live-spoken").textContent = answer.abstained ? words : `${words}, ${Math.round(100 * answer.confidence)} per cent`;
  }
}
