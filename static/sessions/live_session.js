/**
 * One live session: a source's samples to the server, the server's answers to the stage.
 *
 * `listeners` are told everything that passes: {hello?(data), frame?(t, values), close?()}. A model that answers in the
 * browser is such a listener: it takes frames and calls `session.show({ event: "classification_result", data })`.
 */
import { toast } from "../web/toast.js";
import { gettext } from "../web/words.js";
import { LiveClient } from "./live_client.js";
import { ServerReplay } from "./live_replay.js";
import { Stage } from "./live_stage.js";
import { initWrong } from "./live_wrong.js";

const $ = (id) => document.getElementById(id);
const SHOW_EVERY_MS = 1000;
const PATIENCE_MS = 4000;
const CLOSED = {
  4400: gettext("Too many samples were invalid."), 4403: gettext("You no longer have access."), 4404: gettext("This session has ended."),
  4408: gettext("The connection was too slow."), 4409: gettext("This session continues in another window."), 4429: gettext("Samples arrived too fast."),
};

export class LiveSession {
  /** source: see live_choice.js; onFinished(data) when the server has everything. */
  constructor({ source, owner, listeners = [], onFinished = () => {}, onSession = () => {} }) {
    Object.assign(this, { source, owner, listeners, onFinished, onSession });
    this.stage = new Stage();
    this.isEnding = this.isFinished = false;
    this.runner = null;
    this.muted = null; // events of the server that something in this browser says instead
  }

  async begin() {
    const { source } = this;
    const heard = { onMessage: (message) => this.heard(message), onState: (state) => this.changed(state) };
    if (source.isServer) {
      this.client = new ServerReplay({ session: source.session, recording: source.recording, speed: source.speed, ...heard });
      this.onSession(source.session);
      this.client.open();
    } else {
      const { session = null, start = {}, hello } = source;
      this.client = await LiveClient.begin({ session, start, hello, owner: this.owner, onSession: (made) => this.onSession(made), ...heard });
      this.runner = source.run({
        onFrame: (t, values) => this.sampled(t, values), onEnd: () => this.finish(), mayGo: () => !this.client.isBehind,
        onWarning: (words) => this.stage.vitals.warn(words), onBeat: (bpm) => this.stage.vitals.heart(bpm),
      });
    }
    this.timer = setInterval(() => this.render(), SHOW_EVERY_MS);
    this.wired = new AbortController();
    const { signal } = this.wired;
    $("live-stop").addEventListener("click", () => this.finish(), { signal });
    addEventListener("beforeunload", (event) => { if (!this.client.isOver) event.preventDefault(); }, { signal });
    this.wrong = initWrong(this.stage, (correction) => this.client.say("correction", correction));
    this.render();
  }

  /** Samples of the source: kept and sent, drawn, told to the listeners. */
  sampled(t, values) {
    if (this.client.entry.isEnding) return;
    this.client.send(t, values);
    this.drawn(t, values);
  }

  drawn(t, values) {
    this.stage.samples(t, values);
    this.listeners.forEach((one) => one.frame?.(t, values));
  }

  /** A message, of the server or of a model in this browser. */
  show(message) {
    this.stage.message(message);
    $("live-wrong").disabled = !this.stage.answer;
  }

  heard(message) {
    const { event, data } = message;
    if (event === "samples") this.drawn(data.t, data.values);
    else if (!this.muted?.has(event)) this.show(message);
    if (event === "hello") this.listeners.forEach((one) => one.hello?.(data));
    if (event === "corrected") this.wrong.corrected(data);
    if (event === "error" && !["unknown_stream", "disk_full"].includes(data.code)) toast(data.detail, "error");
    if (event === "finished") {
      this.isFinished = true;
      this.onFinished(data);
    }
  }

  /** Stop measuring, let the listeners hand in what they have (labels of a guided series), then end the stream. */
  async finish() {
    if (this.isEnding) return;
    this.isEnding = true;
    this.runner?.stop();
    $("live-stop").disabled = true;
    const handedIn = Promise.allSettled(this.listeners.map((one) => one.close?.()));
    await Promise.race([handedIn, new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); })]);
    this.client.finish();
    this.render();
  }

  changed(state) {
    if (state === "closed") this.closed();
    else this.render();
  }

  render() {
    const { client, stage, source } = this;
    if (!client || client.isOver) return;
    const { state, entry, waiting } = client;
    const speed = source.speed > 1 ? ` · ${source.speed}×` : "";
    if (state === "connecting") stage.state(gettext("Connecting"));
    else if (state === "open") stage.state(entry.isEnding ? gettext("Saving") : `${gettext("Live")}${speed}`, "ok");
    else if (state === "kept") stage.state(gettext("Server full: saved on this device"), "warn");
    else if (state === "lost") stage.state(gettext("No connection"), "warn");
    else if (state === "full") stage.state(gettext("This device is full"), "bad");
    stage.vitals.kept(source.isServer ? 0 : waiting / (source.hello.rate_hz || 50), state === "open" || state === "connecting");
  }

  closed() {
    clearInterval(this.timer);
    this.wired?.abort();
    this.runner?.stop();
    this.stage.close();
    $("live-stop").disabled = $("live-wrong").disabled = true;
    this.stage.vitals.kept(0, true);
    this.stage.state(this.isFinished ? gettext("Finished") : gettext("Ended"), this.isFinished ? "" : "bad");
    if (!this.isFinished) toast(CLOSED[this.client.code] ?? gettext("The session ended."), "error");
  }
}
