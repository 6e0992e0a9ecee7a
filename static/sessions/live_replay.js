/**
 * A stored recording, played by the server; the same face as LiveClient, without samples of one's own to send.
 *
 *   const replay = new ServerReplay({ session, recording, speed, onMessage, onState });   replay.open();
 *   replay.say("correction", {…});  replay.pause(true);  replay.setSpeed(5);  replay.finish();
 */

const FINAL = new Set([1000, 4400, 4403, 4404, 4409]);
const CREDIT = 256;
const CREDIT_EVERY = 64;
const LONGEST_PAUSE_MS = 8000;
const MAX_FAILURES = 20;

export class ServerReplay {
  constructor({ session, recording, speed = 1, onMessage = () => {}, onState = () => {} }) {
    Object.assign(this, { session, recording, speed, onMessage, onState });
    this.entry = { session, stream: null, isEnding: false };
    Object.assign(this, { state: "", code: null, isOver: false, ready: false, waiting: 0, failures: 0, position: 0, isPaused: false });
  }

  open() {
    this.tell(this.failures ? "lost" : "connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/ws/replay/${this.session}/`);
    this.socket.addEventListener("open", () => this.greet());
    this.socket.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.lost(event.code));
  }

  greet() {
    this.read = 0;
    const { recording, speed, entry, position } = this;
    this.say("hello", { recording, speed, stream: entry.stream ?? "", from_s: position, credit: CREDIT });
  }

  heard(message) {
    const { event, data } = message;
    this.read += 1;
    if (this.read % CREDIT_EVERY === 0) this.say("credit", { n: CREDIT_EVERY });
    if (event === "hello") {
      this.entry.stream = data.stream;
      Object.assign(this, { ready: true, failures: 0 });
      if (this.isPaused) this.pause(true);
      this.tell("open");
      if (this.entry.isEnding) this.say("finish", {});
    } else if (event === "samples") this.position = data.t.at(-1);
    else if (event === "error" && data.code === "unknown_stream") this.entry.stream = null;
    this.onMessage(message);
  }

  say(event, data) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ event, data }));
  }

  pause(on) {
    this.isPaused = on;
    this.say("pause", { on });
  }

  setSpeed(speed) {
    this.speed = speed;
    this.say("speed", { speed });
  }

  finish() {
    this.entry.isEnding = true;
    this.say("finish", {});
  }

  lost(code) {
    this.ready = false;
    this.code = code;
    if (FINAL.has(code) || this.failures >= MAX_FAILURES) {
      this.isOver = true;
      this.tell("closed");
      return;
    }
    this.failures += 1;
    this.tell("lost");
    setTimeout(() => this.open(), Math.min(LONGEST_PAUSE_MS, 250 * 2 ** this.failures));
  }

  tell(state) {
    this.state = state;
    this.onState(state, this);
  }
}
