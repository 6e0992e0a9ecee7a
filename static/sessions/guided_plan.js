/**
 * A series of takes ("squat, rest, deadlift, rest"): what to do now, and what was done when. Knows no page and no
 * clock: every method is told the second `now` of the stream's own clock.
 *
 * phases: "ready" → "countdown" → "record" → "rest" → "countdown" … → "done"; "ready" also after a cancelled take.
 */

const LEAST_TAKE_S = 1;
const REST_MARGIN_S = 1;
const LEAST_REST_S = 3;

export class GuidedPlan {
  /** steps: [{label, title, seconds, rest}]; seconds 0: until the person stops; restLabel: "" where the labels have none. */
  constructor(steps, { countdown = 3, restLabel = "" } = {}) {
    Object.assign(this, { steps, countdown, restLabel });
    this.at = 0;
    this.phase = "ready";
    this.since = 0;
    this.takes = [];
    this.rests = [];
  }

  get step() {
    return this.steps[this.at] ?? null;
  }

  get next() {
    return this.steps[this.at + 1] ?? null;
  }

  /** Seconds until the phase ends by itself; null where a person ends it. */
  remaining(now) {
    const passed = now - this.since;
    if (this.phase === "countdown") return Math.max(0, this.countdown - passed);
    if (this.phase === "record" && this.step.seconds) return Math.max(0, this.step.seconds - passed);
    if (this.phase === "rest") return Math.max(0, this.steps[this.at - 1].rest - passed);
    return null;
  }

  /** Begin the next take with its countdown. */
  begin(now) {
    if (this.phase === "rest") this.keepRest(now);
    if (this.phase === "ready" || this.phase === "rest") this.enter("countdown", now);
  }

  /** Let time pass; true when the phase changed. */
  tick(now) {
    const before = this.phase;
    const left = this.remaining(now);
    if (left === null || left > 0) return false;
    if (this.phase === "countdown") this.enter("record", this.since + this.countdown);
    else if (this.phase === "record") this.stop(this.since + this.step.seconds);
    else if (this.phase === "rest") this.begin(now);
    return this.phase !== before;
  }

  /** End the take now and keep it; one shorter than a second counts as cancelled. */
  stop(now) {
    if (this.phase !== "record") return;
    if (now - this.since < LEAST_TAKE_S) {
      this.cancel(now);
      return;
    }
    this.takes.push({ start_s: this.since, end_s: now, label: this.step.label });
    const { rest } = this.step;
    this.at += 1;
    if (!this.step) this.enter("done", now);
    else this.enter(rest ? "rest" : "ready", now);
  }

  /** Throw this take away; the same exercise waits. */
  cancel(now) {
    if (this.phase === "countdown" || this.phase === "record") this.enter("ready", now);
  }

  /** Throw the last take away and wait for it again. */
  redo(now) {
    if (this.phase === "countdown" || this.phase === "record" || !this.takes.length) return;
    const gone = this.takes.pop();
    this.rests = this.rests.filter((rest) => rest.start_s < gone.start_s);
    this.at -= 1;
    this.enter("ready", now);
  }

  /** Leave this exercise out. */
  skip(now) {
    if (!this.step || this.phase === "record") return;
    this.at += 1;
    this.enter(this.step ? "ready" : "done", now);
  }

  enter(phase, now) {
    this.phase = phase;
    this.since = now;
  }

  /** The rest between two takes, without the second in which the person stops moving. */
  keepRest(now) {
    const start = this.since + REST_MARGIN_S;
    if (this.restLabel && now - start >= LEAST_REST_S) this.rests.push({ start_s: start, end_s: now, label: this.restLabel });
  }

  /** Takes and rests in the order of time, as the server keeps them. */
  get labels() {
    return [...this.takes, ...this.rests].sort((a, b) => a.start_s - b.start_s);
  }

  /** label → seconds of the takes so far. */
  get seconds() {
    const sums = {};
    for (const { label, start_s: start, end_s: end } of this.takes) sums[label] = (sums[label] ?? 0) + end - start;
    return sums;
  }
}
