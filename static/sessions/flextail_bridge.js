/**
 * Connects a FlexTail (or anything that measures like one) to live classification, and shows the answers.
 *
 *   import { FlexTailSocketBridge } from "https://your-site/static/sessions/flextail_bridge.js";
 *   const bridge = new FlexTailSocketBridge({ url: "wss://your-site/ws/live/<session>/" });
 *   bridge.connect();
 *   sensor.onmeasurement = (measurement) => bridge.handleMeasurement(measurement);
 *
 * Sends {"event": "sensor_data", "data": {lumbarAngle, sagittal, lateral, twist, acceleration}} (radians and g) and
 * reads {"event": "classification_result", "data": {exercise, confidence, probabilities, …}}. The page needs
 * elements with the ids `detected-exercise` and `class-probabilities`; an element `live-confidence` (progress)
 * and `live-confidence-text` are filled where they exist. All methods may be used on their own or overridden.
 *
 * Single messages are lost with the connection. With `session` instead of `url` (both from POST /api/v1/live/sessions/)
 * measurements are numbered, kept until they are stored, and sent after a cut: see live_client.js. `finish()` ends it.
 */
import { percent } from "../web/format.js";
import { gettext } from "../web/words.js";

export const CHANNELS = ["lumbarAngle", "sagittal", "lateral", "twist", "acceleration"];
const RATE_HZ = 50;
const TOGETHER = 5;
const LEAST_STEP_S = 0.001;

export class FlexTailSocketBridge {
  /** url of the websocket, or session; root: where to look for the elements; titles: {class name: words to show}. */
  constructor({ url = "", session = null, root = document, titles = {}, onMessage = () => {} } = {}) {
    Object.assign(this, { url, session, root, titles, onMessage, socket: null, client: null, held: [] });
    this.rows = new Map();
  }

  /** Open the websocket; answers are shown as they come. A promise of the client where there is a session. */
  connect() {
    if (this.session) return this.connectKept();
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener("message", (event) => this.handleMessage(JSON.parse(event.data)));
    return this.socket;
  }

  async connectKept() {
    const { LiveClient } = await import("./live_client.js");
    this.client = await LiveClient.begin({
      session: this.session, hello: { layout: "flextail", rate_hz: RATE_HZ }, onMessage: (message) => this.handleMessage(message),
    });
    return this.client;
  }

  /** Send what is still together and end the stream; without a session it ends by itself after three minutes. */
  finish() {
    this.sendHeld();
    this.client?.finish();
  }

  close() {
    this.socket?.close();
    this.client?.close();
  }

  sendHeld() {
    if (this.held.length) this.client?.send(this.held.map(({ t }) => t), this.held.map(({ row }) => row));
    this.held = [];
  }

  /** Send one measurement; true when it went out. `acceleration` may be a number or {x, y, z} in g. */
  handleMeasurement(measurement) {
    const data = {};
    for (const name of CHANNELS) data[name] = measurement[name];
    if (typeof data.acceleration === "object" && data.acceleration !== null) {
      const { x, y, z } = data.acceleration;
      data.acceleration = Math.hypot(x, y, z);
    }
    if (!CHANNELS.every((name) => Number.isFinite(data[name]))) return false;
    if (this.client) {
      this.lastT = Math.max(performance.now() / 1000, (this.lastT ?? 0) + LEAST_STEP_S);
      this.held.push({ t: this.lastT, row: CHANNELS.map((name) => data[name]) });
      if (this.held.length >= TOGETHER) this.sendHeld();
      return !this.client.isOver;
    }
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ event: "sensor_data", data }));
    return true;
  }

  /** Show one message of the server. */
  handleMessage({ event, data }) {
    if (event === "classification_result") {
      this.updateExerciseDisplay(data.exercise, data.confidence, data.abstained);
      this.updateProbabilities(data.probabilities, data.abstained);
    } else if (event === "collecting") this.updateCollecting(data.n, data.of);
    this.onMessage({ event, data });
  }

  /** The words for a class. */
  title(name) {
    return this.titles[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  }

  updateCollecting(n, of) {
    this.show(`Collecting ${n} of ${of}`, n / of, "");
  }

  /** The large class name and the confidence bar; an abstention is "No exercise", and sure of nothing. */
  updateExerciseDisplay(exercise, confidence, abstained = false) {
    if (abstained) this.show(gettext("No exercise"), 0, "", true);
    else this.show(this.title(exercise), confidence, percent(confidence));
  }

  show(words, share, text, isNone = false) {
    const name = this.root.querySelector("#detected-exercise");
    const bar = this.root.querySelector("#live-confidence");
    const figure = this.root.querySelector("#live-confidence-text");
    if (name) {
      if (name.textContent !== words) name.textContent = words;
      name.classList.toggle("is-none", isNone || !text);
    }
    if (bar) bar.value = share;
    if (figure) figure.textContent = text;
  }

  /** One bar for each class, in per cent to one decimal; rows keep their place. The best stands out unless it is withheld. */
  updateProbabilities(probabilities, abstained = false) {
    const list = this.root.querySelector("#class-probabilities");
    if (!list) return;
    const names = Object.keys(probabilities);
    if (names.join() !== [...this.rows.keys()].join()) this.buildRows(list, names);
    const best = names.reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a), names[0]);
    for (const [name, row] of this.rows) {
      row.bar.value = probabilities[name];
      row.figure.textContent = percent(probabilities[name]);
      row.words.classList.toggle("is-best", !abstained && name === best);
    }
  }

  buildRows(list, names) {
    this.rows.clear();
    list.replaceChildren();
    for (const name of names) {
      const [words, value, figure] = ["dt", "dd", "dd"].map((tag) => document.createElement(tag));
      const bar = document.createElement("progress");
      words.textContent = this.title(name);
      bar.max = 1;
      bar.setAttribute("aria-label", words.textContent);
      figure.className = "num";
      value.append(bar);
      list.append(words, value, figure);
      this.rows.set(name, { words, bar, figure });
    }
  }
}
