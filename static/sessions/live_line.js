/**
 * The pace of a live stream on its connection: at most so much in flight, never faster than the server takes it.
 * What is new goes at once; what piled up goes in larger frames, at a rate well under the limits of docs/live.md.
 */
import { encodeFrame, mergeFrames } from "./live_frames.js";

const MERGED_SAMPLES = 250;
const MOST_IN_FLIGHT = 500;
const SHARE_OF_LIMIT = 0.7;
const NORMAL_SHARE = 0.8;
const MESSAGES_PER_S = 100;
const SLACK_MS = 250;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Line {
  /** client: { box, entry, ready, socket, failures, heardAt, say(event, data) }. */
  constructor(client) {
    Object.assign(this, { client, sent: -1, everSent: -1, flying: [], isPumping: false, share: SHARE_OF_LIMIT });
  }

  /** A connection is greeted: everything up to `lastSeq` is stored. */
  begin(lastSeq, limits) {
    this.client.box.settle(lastSeq);
    this.limit = limits?.samples_per_s ?? 100;
    this.saved = limits?.catch_up_samples ?? 0;
    this.catchUpRate = limits?.catch_up_per_s ?? this.limit;
    const now = performance.now();
    Object.assign(this, { sent: lastSeq, flying: [], isFirst: true, isTold: false, dueAt: now, wentAt: now });
  }

  get inFlight() {
    return this.flying.reduce((n, frame) => n + frame.n, 0);
  }

  acknowledged(seq) {
    this.client.failures = 0;
    this.client.box.settle(seq);
    this.flying = this.flying.filter((frame) => frame.seq > seq);
    this.pump();
  }

  /** The server found us too fast: from now on we catch up half as fast. */
  slower() {
    this.share = Math.max(0.05, this.share / 2);
  }

  /** Send what waits, as far as pace and acknowledgements allow; one pump at a time. */
  async pump() {
    const { client } = this;
    this.isWanted = true;
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      while (this.isWanted && client.ready) {
        this.isWanted = false;
        await this.pumpAll(client.socket);
      }
    } finally {
      this.isPumping = false;
    }
  }

  async pumpAll(socket) {
    const { client } = this;
    const isHere = () => client.ready && client.socket === socket;
    while (isHere()) {
      const frames = await client.box.after(this.sent);
      if (!isHere() || (frames.length && this.inFlight >= MOST_IN_FLIGHT)) return; // an acknowledgement pumps again
      if (!frames.length) {
        this.end();
        return;
      }
      const wait = this.dueAt - performance.now() - SLACK_MS;
      if (wait > 0) await sleep(wait);
      else this.go(this.next(frames));
    }
  }

  /** The next frame; several as one where none of them was on its way before. */
  next(frames) {
    if (this.isFirst || frames[0].seq <= this.everSent) return frames[0];
    let n = 0;
    const some = [];
    for (const frame of frames) {
      if (some.length && n + frame.t.length > MERGED_SAMPLES) break;
      some.push(frame);
      n += frame.t.length;
    }
    return mergeFrames(some);
  }

  go(frame) {
    const { client } = this;
    const n = frame.t.length;
    const now = performance.now();
    this.saved = Math.max(0, this.saved + (this.limit / 2) * ((now - this.wentAt) / 1000) - n);
    const rate = this.saved > 0 ? Math.max(this.share * this.catchUpRate, NORMAL_SHARE * this.limit) : NORMAL_SHARE * this.limit;
    this.dueAt = Math.max(this.dueAt, now) + 1000 * Math.max(n / rate, 1 / MESSAGES_PER_S);
    if (!this.flying.length) client.heardAt = now;
    client.socket.send(encodeFrame(frame));
    Object.assign(this, { isFirst: false, sent: frame.seq, wentAt: now, everSent: Math.max(this.everSent, frame.seq) });
    this.flying.push({ seq: frame.seq, n });
  }

  end() {
    if (!this.client.entry.isEnding || this.isTold) return;
    this.isTold = true;
    this.client.say("finish", {});
  }
}
