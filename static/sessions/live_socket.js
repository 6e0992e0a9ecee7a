/**
 * The websocket of a live stream: numbered frames that are kept until they are acknowledged, resuming after a
 * lost connection, credit for what was read. See docs/live.md for the protocol.
 *
 *   const socket = new LiveSocket("/ws/live/<session>/", hello, { onMessage({event, data}), onState(state) });
 *   socket.open();  socket.sendFrame(t, values);  socket.say("correction", {…});  socket.finish();
 *
 * states: "connecting", "open", "lost" (tries again by itself), "closed" (over; `socket.code` tells why).
 */

const FINAL = new Set([1000, 4400, 4403, 4404, 4409]);
const MAX_FAILURES = 12;
const RESEND_EVERY_MS = 100;
const RESEND_FRAMES = 8;
const CREDIT = 256;
const CREDIT_EVERY = 64;
const MAX_UNSENT = 4_000;

/** "FBS1", n (uint32), seq (uint64), n float64 seconds, n × channels float32; little-endian. */
export function encodeFrame(seq, t, values) {
  const n = t.length;
  const channels = values[0].length;
  const buffer = new ArrayBuffer(16 + 8 * n + 4 * n * channels);
  const head = new DataView(buffer);
  [..."FBS1"].forEach((letter, at) => head.setUint8(at, letter.charCodeAt(0)));
  head.setUint32(4, n, true);
  head.setBigUint64(8, BigInt(seq), true);
  t.forEach((moment, row) => head.setFloat64(16 + 8 * row, moment, true));
  let at = 16 + 8 * n;
  for (const row of values) for (const value of row) {
    head.setFloat32(at, value, true);
    at += 4;
  }
  return buffer;
}

export class LiveSocket {
  constructor(path, hello, { onMessage = () => {}, onState = () => {} } = {}) {
    Object.assign(this, { path, hello, onMessage, onState });
    this.seq = 0;
    this.unsent = [];
    this.stream = null;
    this.ready = false;
    this.finishing = false;
    this.resending = false;
    this.failures = 0;
    this.read = 0;
    this.code = null;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.onState(this.failures ? "lost" : "connecting");
    this.socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket.addEventListener("open", () => this.say("hello", { ...this.hello, credit: CREDIT, stream: this.stream }));
    this.socket.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.lost(event.code));
  }

  /** Number and send samples: t in seconds, values one row per sample. */
  sendFrame(t, values) {
    const frame = { seq: this.seq, data: encodeFrame(this.seq, t, values) };
    this.seq += 1;
    this.unsent.push(frame);
    if (this.unsent.length > MAX_UNSENT) this.unsent.shift();
    if (this.ready && !this.resending) this.socket.send(frame.data);
  }

  /** After a reconnect: what is not acknowledged, a little at a time so that it is not taken for a flood. */
  resend(from) {
    const waiting = this.unsent.filter((frame) => frame.seq >= from);
    this.resending = waiting.length > 0;
    if (!this.resending) {
      if (this.finishing) this.say("finish", {});
      return;
    }
    waiting.slice(0, RESEND_FRAMES).forEach((frame) => this.socket.send(frame.data));
    const next = waiting[Math.min(RESEND_FRAMES, waiting.length) - 1].seq + 1;
    setTimeout(() => { if (this.ready) this.resend(next); }, RESEND_EVERY_MS);
  }

  /** True while so much waits that a replay should pause. */
  get isBehind() {
    return this.unsent.length > 200 || (this.socket?.bufferedAmount ?? 0) > 500_000;
  }

  say(event, data) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ event, data }));
  }

  /** End the stream; "finished" follows with the job that stores it. */
  finish() {
    this.finishing = true;
    if (this.ready && !this.resending) this.say("finish", {});
  }

  heard(message) {
    this.read += 1;
    if (this.read % CREDIT_EVERY === 0) this.say("credit", { n: CREDIT_EVERY });
    if (message.event === "hello") this.greeted(message.data);
    else if (message.event === "ack") this.unsent = this.unsent.filter((frame) => frame.seq !== message.data.seq);
    this.onMessage(message);
  }

  greeted({ stream, last_seq: lastSeq }) {
    this.stream = stream;
    this.failures = 0;
    this.read = 1;
    this.unsent = this.unsent.filter((frame) => lastSeq === null || frame.seq > lastSeq);
    this.ready = true;
    this.onState("open");
    this.resend(0);
  }

  lost(code) {
    this.ready = false;
    this.code = code;
    if (FINAL.has(code) || this.failures >= MAX_FAILURES) {
      this.onState("closed");
      return;
    }
    this.failures += 1;
    this.onState("lost");
    setTimeout(() => this.open(), Math.min(4000, 250 * 2 ** this.failures));
  }
}
