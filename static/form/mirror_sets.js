/**
 * Sets and rest out of repetitions as they end; nothing here draws or sends.
 *
 *   const sets = new MirrorSets(() => crypto.randomUUID());
 *   sets.frame(t, pose)          every frame: 33 of {x, y, z, visibility}, or null
 *   sets.event(event)            a repetition or hold that ended, as FormStream tells it
 *   sets.rest(t)                 seconds since the last repetition once a set is over, else null
 *   sets.finish()                the sets with their frames: what is sent
 *
 * A set ends when nothing was completed for REST_S; the frames of a set reach from LEAD_S before its first repetition
 * to TAIL_S after its last.
 */
export const REST_S = 12;
const LEAD_S = 3;
const TAIL_S = 1;
const MAX_FRAMES = 36_000;

export class MirrorSets {
  constructor(newId) {
    Object.assign(this, { newId, sets: [], open: null, frames: [], t: 0 });
  }

  frame(t, pose) {
    this.t = t;
    this.frames.push({ t, pose });
    if (this.open && t - this.open.last > REST_S) this.close();
    const from = this.open ? this.open.first - LEAD_S : t - 60;
    if (this.frames.length % 300 === 0 || this.frames.length > MAX_FRAMES) {
      this.frames = this.frames.filter((one) => one.t >= from).slice(-MAX_FRAMES);
    }
  }

  event(event) {
    if (!this.open) this.open = { id: this.newId(), first: event.start_s, last: event.end_s, events: [] };
    this.open.events.push(event);
    this.open.last = event.end_s;
    return this.open;
  }

  get number() { return this.sets.length + (this.open ? 1 : 0); }

  get count() { return this.open?.events.length ?? 0; }

  rest(t) {
    if (this.open || !this.sets.length) return null;
    return t - this.sets.at(-1).last;
  }

  close() {
    const { id, first, last, events } = this.open;
    const frames = this.frames.filter(({ t }) => t >= first - LEAD_S && t <= last + TAIL_S);
    this.sets.push({ id, first, last, events, frames });
    this.frames = this.frames.filter(({ t }) => t > last);
    this.open = null;
  }

  finish() {
    if (this.open) this.close();
    return this.sets;
  }
}

/** Mean score of those with one, or null; the cue that was needed most; seconds from start to end of all together. */
export function summary(events) {
  const scores = events.map((one) => one.judgement.score).filter((score) => score !== null);
  const cues = new Map();
  for (const { judgement } of events) if (judgement.cue) cues.set(judgement.cue, (cues.get(judgement.cue) ?? 0) + 1);
  const [cue] = [...cues].sort((a, b) => b[1] - a[1])[0] ?? [""];
  const heldS = events.reduce((sum, { start_s, end_s }) => sum + end_s - start_s, 0);
  return { score: scores.length ? scores.reduce((sum, one) => sum + one, 0) / scores.length : null, cue, heldS };
}

/** Frames as the server takes them: seconds, then x, y, z, visibility of 33 points, float32; NaN where nobody is. */
export function packed(frames) {
  const out = new Float32Array(frames.length * 133).fill(NaN);
  frames.forEach(({ t, pose }, n) => {
    out[n * 133] = t - frames[0].t;
    pose?.forEach(({ x, y, z, visibility }, k) => out.set([x, y, z, visibility ?? 1], n * 133 + 1 + 4 * k));
  });
  return out;
}
