/**
 * Streams samples to FitBalance and reads what they show. Frames are numbered, sent in binary, kept until they are
 * acknowledged, and sent after a lost connection, a reload or a day offline. For pages of the site and Node ≥ 22.
 *
 *   import { LiveClient } from "/static/sessions/live_client.js";
 *   const client = await LiveClient.begin({
 *     hello: { layout: "flextail", rate_hz: 50 },          // see docs/live.md
 *     session: "<uuid>",                                   // or start: { source: "sensor", title } to have one made
 *     onMessage: ({ event, data }) => …, onState: (state) => …, onSession: (uuid) => …,
 *     site: "https://…", token: "fb_…",                    // outside a page of the site
 *   });
 *   client.send(t, rows);  client.say("correction", {…});  client.finish();  client.close();
 *
 * States: "connecting", "open", "lost" (comes back by itself), "kept" (the site's disk is full: samples wait here until
 * there is room), "full" (this device has no room left for what waits),
 * "closed" (over; `client.code` tells why, `client.isStored` whether everything went). What was not stored waits in
 * the outbox for `pendingClients` of a later page.
 */
import { makeFrame } from "./live_frames.js";
import { Line } from "./live_line.js";
import { openOutbox } from "./live_outbox.js";
import { hold, makeWorkout, openSocket, pauseAfter, randomKey, Refused } from "./live_start.js";

const FINAL = new Set([4400, 4403, 4404, 4409]);
const DEAF_AFTER_MS = 8000;
const MAX_AGE_S = 7 * 24 * 3600;
const [CREDIT, CREDIT_EVERY] = [256, 64];
const nothing = () => {};

export class LiveClient {
  /** Open a stream. Resolves at once: the connection, and the workout where none is given, come when they can. */
  static async begin({ session = null, start = {}, hello = {}, owner = "", outbox = null, ...options }) {
    const begun = { nextSeq: 0, beganAt: Date.now(), isEnding: false };
    const entry = { key: randomKey(), owner, session, start, hello, stream: null, ...begun };
    const client = new LiveClient(await (outbox ?? await openOutbox()).box(entry), options);
    client.release = await hold(entry.key);
    client.open();
    return client;
  }

  constructor(box, { site = globalThis.location?.origin, token = "", onMessage = nothing, onState = nothing, onSession = nothing } = {}) {
    Object.assign(this, { box, entry: box.entry, site, token, onMessage, onState, onSession });
    Object.assign(this, { state: "", code: null, failures: 0, socket: null, ready: false, isOver: false, isStored: false });
    this.line = new Line(this);
    this.release = nothing;
    box.onTrouble = () => this.tell("full");
    const retry = () => { if (!this.socket && !this.isOver) this.connect(); };
    const cut = () => { if (this.socket) this.lost(1006); };
    const keep = () => { box.write({ atOnce: true }); };
    this.listeners = [["online", retry], ["offline", cut], ["beforeunload", keep], ["pagehide", keep]]; // a page that goes may not end its writes
  }

  /** Connect, and stay connected until the stream is over or `close` is called. */
  open() {
    this.listeners.forEach(([name, heard]) => globalThis.addEventListener?.(name, heard));
    this.watchdog = setInterval(() => this.watch(), 2000);
    this.tell("connecting");
    this.connect();
  }

  /** Number and send samples: t in seconds, one row of values per sample. False when this device cannot keep more. */
  send(t, rows) {
    const { entry, box } = this;
    if (this.isOver || entry.isEnding || box.isFull) return false;
    if (entry.nextSeq === 0) {
      entry.beganAt = Date.now();
      box.save();
    }
    box.add(makeFrame(entry.nextSeq, t, rows));
    entry.nextSeq += 1;
    this.line.pump();
    return true;
  }

  /** Samples that are not acknowledged. */
  get waiting() {
    return this.box.samples;
  }

  /** True while so much waits that a replay should pause. */
  get isBehind() {
    return this.waiting > 4 * Math.max(100, this.entry.hello.rate_hz ?? 100);
  }

  say(event, data) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify({ event, data }));
  }

  /** End the stream once everything is sent; "finished" follows with the job that stores it. */
  finish() {
    this.entry.isEnding = true;
    this.box.write({ atOnce: true });
    this.box.save();
    this.line.pump();
  }

  /** Leave without ending the stream. What is not acknowledged stays in the outbox. */
  close() {
    this.over(1000);
  }

  async connect() {
    clearTimeout(this.timer);
    if (this.isOver || this.socket || this.isStarting) return;
    const { entry, site, token } = this;
    try {
      this.isStarting = true;
      if (!entry.session) await makeWorkout(this);
    } catch (error) {
      if (!(error instanceof Refused)) return this.lost(1006);
      this.onMessage({ event: "error", data: error.body });
      return this.over(4403);
    } finally {
      this.isStarting = false;
    }
    if (this.isOver) return;
    const socket = openSocket({ site, token, session: entry.session });
    this.socket = socket;
    this.heardAt = performance.now();
    const mine = (handle) => (event) => { if (this.socket === socket) handle(event); };
    socket.addEventListener("open", mine(() => this.greet()));
    socket.addEventListener("message", mine((event) => this.heard(JSON.parse(event.data))));
    socket.addEventListener("close", mine((event) => this.lost(event.code)));
  }

  greet() {
    const { nextSeq, beganAt, hello, stream } = this.entry;
    const age = nextSeq ? Math.min(MAX_AGE_S, Math.max(0, (Date.now() - beganAt) / 1000)) : 0;
    this.read = 0;
    this.say("hello", { ...hello, credit: CREDIT, stream, age_s: age });
  }

  heard(message) {
    const { event, data } = message;
    this.heardAt = performance.now();
    this.read += 1;
    if (this.read % CREDIT_EVERY === 0) this.say("credit", { n: CREDIT_EVERY });
    if (event === "hello") this.greeted(data);
    else if (event === "ack") {
      if (this.state === "kept") this.tell("open");
      this.line.acknowledged(data.seq);
    } else if (event === "error" && data.code === "disk_full") this.tell("kept");
    else if (event === "error" && data.code === "unknown_stream") this.isForgotten = true;
    else if (event === "finished") {
      this.isStored = true;
      this.box.remove();
    }
    this.onMessage(message);
    if (event === "finished") this.over(1000);
  }

  greeted({ stream, last_seq: lastSeq, limits }) {
    const { entry, box } = this;
    entry.nextSeq = Math.max(entry.nextSeq, (lastSeq ?? -1) + 1, box.last + 1);
    if (entry.stream !== stream) {
      entry.stream = stream;
      box.save();
    }
    this.ready = true;
    this.line.begin(lastSeq ?? -1, limits);
    this.tell("open");
    this.line.pump();
  }

  /** Nothing heard although frames wait for their acknowledgement: the line is dead, whatever the browser says. */
  watch() {
    const isOwed = this.socket && (!this.ready || this.line.inFlight > 0);
    if (isOwed && performance.now() - this.heardAt > DEAF_AFTER_MS) this.lost(1006);
    if (globalThis.navigator?.locks) return;
    this.entry.aliveAt = Date.now(); // where no lock tells other pages that this one sends
    this.box.save();
  }

  lost(code) {
    const { socket, isForgotten } = this;
    Object.assign(this, { socket: null, ready: false, code, isForgotten: false });
    if (socket && socket.readyState < 2) socket.close();
    if (this.isOver) return;
    if (isForgotten) this.entry.stream = null; // it held nothing and went: begin anew
    else if (FINAL.has(code)) return this.over(code);
    if (code === 4429) this.line.slower();
    this.tell("lost");
    this.timer = setTimeout(() => this.connect(), pauseAfter(this.failures));
    this.failures += 1;
  }

  over(code) {
    if (this.isOver) return;
    Object.assign(this, { isOver: true, ready: false, code });
    clearTimeout(this.timer);
    clearInterval(this.watchdog);
    this.listeners.forEach(([name, heard]) => globalThis.removeEventListener?.(name, heard));
    this.box.write({ atOnce: true });
    this.socket?.close();
    this.socket = null;
    this.release?.();
    this.tell("closed");
  }

  tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state, this);
  }
}
