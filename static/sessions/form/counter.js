// Repetitions out of one signal: rest → effort → rest, counted when the way back is done.
// The same as mlops/ml/biomechanics/form/counter.py, where the rules are explained.

const [OWN_SHARE, ENTER_SHARE, RETURN_SHARE, TURN_SHARE, AGAIN_SHARE] = [0.4, 0.5, 0.8, 0.5, 0.2];
const [GAP_S, STILL_S, LEAD_S, HELD_S] = [0.5, 1.2, 1.0, 0.2];
export const START_SHARE = 0.2;
const PEAK_SHARE = 0.9;

const lowest = (samples) => samples.reduce((least, one) => Math.min(least, one.u), Infinity);

export class Counter {
  constructor(least, duration, side = "", fromEffort = false) {
    this.least = least;
    this.duration = duration;
    this.side = side;
    this.fromEffort = fromEffort;
    this.own = [];
    this.#forget();
  }

  /** rest, down (towards the peak) or up (back). */
  get phase() {
    if (!this.rising) return "rest";
    return this.samples.at(-1).u >= this.top - 0.1 * (this.top - this.base) ? "down" : "up";
  }

  /** The swing that ended with this frame, or null. */
  push(t, u, row) {
    if (Number.isNaN(u)) return null;
    if (this.samples.length && t - this.samples.at(-1).t > GAP_S) this.#forget();
    this.samples.push({ t, u, row });
    if (this.fromEffort && Number.isNaN(this.base)) return this.#first(t, u);
    if (!this.rising) {
      this.#rest(t, u);
      return null;
    }
    if (u > this.top) [this.top, this.valley, this.valleyT] = [u, u, t];
    if (u < this.valley) [this.valley, this.valleyT] = [u, t];
    if (t - this.since > 2 * this.duration[1]) {
      this.#restart();
      return null;
    }
    return this.#wayBack(t, u);
  }

  /** It counted: its range is one of this person's own. */
  accept(swing) {
    this.own.push(swing.top - swing.base);
    if (this.own.length > 5) this.own.shift();
  }

  rangeNeeded() {
    const sorted = [...this.own].sort((a, b) => a - b);
    return Math.max(this.least, sorted.length >= 2 ? OWN_SHARE * sorted[Math.floor(sorted.length / 2)] : 0);
  }

  /** Until it is known whether the clip begins at rest (the signal rises) or at the peak (it falls). */
  #first(t, u) {
    if (!(u <= this.top)) [this.top, this.valley, this.valleyT, this.since] = [u, u, t, t];
    if (u < this.valley) [this.valley, this.valleyT] = [u, t];
    const whole = this.top - this.valley;
    if (whole < this.least) {
      const low = lowest(this.samples);
      if (u - low >= this.least) {
        [this.base, this.rising, this.top, this.valley, this.valleyT, this.since] = [low, true, u, u, t, t];
      } else if (t - this.samples[0].t > this.duration[1] + LEAD_S) {
        this.samples.shift();
        this.top = this.samples.reduce((most, one) => Math.max(most, one.u), -Infinity);
      }
      return null;
    }
    if (u - this.valley < AGAIN_SHARE * whole && t - this.valleyT < STILL_S / 2) return null;
    this.base = this.valley;
    const swing = this.#swing();
    const held = swing.samples[swing.leave].t - swing.samples[0].t;
    this.#restart();
    const lasted = swing.samples.at(-1).t - swing.samples[swing.start].t;
    return held >= HELD_S && lasted <= this.duration[1] ? { ...swing, restLast: true } : null;
  }

  #rest(t, u) {
    if (u <= this.base || Number.isNaN(this.base)) [this.base, this.lowT] = [u, t];
    if (u - this.base >= ENTER_SHARE * this.rangeNeeded()) {
      [this.rising, this.top, this.valley, this.valleyT, this.since] = [true, u, u, t, t];
      return;
    }
    if (u <= this.base + 0.1 * this.least) this.lowT = t;
    this.#trim(t);
  }

  #trim(t) {
    const oldest = Math.max(this.lowT - LEAD_S, t - this.duration[1] - LEAD_S);
    let n = 0;
    while (this.samples[n].t < oldest) n += 1;
    if (!n) return;
    const hadBase = this.samples.slice(0, n).some((one) => one.u <= this.base);
    this.samples = this.samples.slice(n);
    if (hadBase) this.base = lowest(this.samples);
  }

  #wayBack(t, u) {
    const whole = this.top - this.base;
    const fallen = this.top - this.valley;
    const isBack = fallen >= RETURN_SHARE * whole;
    const turned = fallen >= TURN_SHARE * whole && u - this.valley >= AGAIN_SHARE * whole;
    const still = fallen >= TURN_SHARE * whole && t - this.valleyT >= STILL_S;
    if (!(isBack || turned || still)) return null;
    const swing = whole >= this.rangeNeeded() ? this.#swing() : null;
    this.#restart();
    if (!swing) return null;
    const lasted = swing.samples.at(-1).t - swing.samples[swing.start].t;
    return lasted >= this.duration[0] && lasted <= this.duration[1] ? swing : null;
  }

  #swing() {
    const { samples, base, top, side } = this;
    const peak = Math.max(0, samples.findIndex((one) => one.t >= this.since && one.u >= top));
    const low = base + START_SHARE * (top - base);
    const high = base + PEAK_SHARE * (top - base);
    let start = 0;
    for (let n = 0; n < peak; n += 1) if (samples[n].u <= low) start = n;
    let reach = start;
    while (samples[reach].u < high) reach += 1;
    let leave = peak;
    for (let n = peak; n < samples.length; n += 1) if (samples[n].u >= high) leave = n;
    return { samples, start, reach, peak, leave, base, top, side };
  }

  #restart() {
    const low = Math.max(0, this.samples.findIndex((one) => one.t >= this.valleyT));
    this.samples = this.samples.slice(low);
    [this.base, this.lowT] = [lowest(this.samples), this.samples[0].t];
    this.rising = false;
  }

  #forget() {
    this.samples = [];
    this.rising = false;
    this.base = this.top = this.valley = this.valleyT = this.since = NaN;
    this.lowT = -1e9;
  }
}
