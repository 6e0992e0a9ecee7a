/**
 * Windows of a live stream, cut by time exactly as `mlops/ml/sensors/online.py` does: a stream is put on a uniform
 * grid by linear interpolation, however its samples were spaced or cut into messages. A test compares the two.
 *
 *   const windower = new OnlineWindower({ rate_hz: 50, length: 150, stride: 50 }, 5);
 *   windower.push(t, rows)   // → [{ start_s, end_s, x: Float32Array of length × channels }, …]
 */
const TOLERANCE = 1e-6;
const MAX_GAP_S = 1;

export class OnlineWindower {
  constructor({ rate_hz: rate, length, stride }, nChannels) {
    Object.assign(this, { rate, length, stride, nChannels, nDropped: 0 });
    this.reset();
  }

  /** Forget the stream so far. */
  reset() {
    this.times = []; // samples still needed to interpolate
    this.rows = [];
    this.latest = -Infinity;
    this.start = 0; // where the grid of this segment begins
    this.nGrid = 0; // grid points made in this segment
    this.next = 0; // grid index at which the next window begins
    this.grid = []; // grid points from `next` on, Float32Array each
  }

  /** [grid samples collected, samples of a full window], for "collecting n of 150". */
  get filled() {
    return [Math.min(this.nGrid, this.length), this.length];
  }

  /** Take samples with their times in seconds; return the windows they complete. */
  push(times, rows) {
    const windows = [];
    let from = 0;
    const [t, x] = this.keepNew(times, rows);
    for (let at = 0; at < t.length; at += 1) {
      const before = at ? t[at - 1] : this.times.length ? this.latest : t[0];
      if (t[at] - before <= MAX_GAP_S) continue;
      windows.push(...this.extend(t.slice(from, at), x.slice(from, at)));
      this.reset();
      from = at;
    }
    windows.push(...this.extend(t.slice(from), x.slice(from)));
    return windows;
  }

  /** Leave out what is not finite or not later than everything before it. Values become float32, as on the server. */
  keepNew(times, rows) {
    const t = [];
    const x = [];
    let running = this.latest;
    times.forEach((moment, n) => {
      const row = Float32Array.from(rows[n]);
      if (!Number.isFinite(moment) || !row.every(Number.isFinite) || moment <= running) {
        this.nDropped += 1;
        return;
      }
      running = moment;
      t.push(moment);
      x.push(row);
    });
    return [t, x];
  }

  extend(t, x) {
    if (!t.length) return [];
    if (!this.times.length) [this.start] = t;
    this.times.push(...t);
    this.rows.push(...x);
    this.latest = this.times.at(-1);
    const n = Math.floor((this.latest - this.start) * this.rate + TOLERANCE) + 1;
    let sample = 0;
    for (let k = this.nGrid; k < n; k += 1) {
      const at = this.start + k / this.rate;
      while (sample + 1 < this.times.length && this.times[sample + 1] <= at) sample += 1;
      if (k >= this.next) this.grid.push(this.at(at, sample));
    }
    this.nGrid = Math.max(this.nGrid, n);
    const upcoming = this.start + this.nGrid / this.rate;
    let keep = 0;
    while (keep + 1 < this.times.length && this.times[keep + 1] <= upcoming) keep += 1;
    this.times.splice(0, keep);
    this.rows.splice(0, keep);
    return this.cut();
  }

  /** The signal at a moment between sample `n` and the one after it; before the first and after the last it is held. */
  at(moment, n) {
    const [left, right] = [this.rows[n], this.rows[n + 1]];
    const from = this.times[n];
    if (!right || moment <= from) return Float32Array.from(left);
    const out = new Float32Array(this.nChannels);
    const span = this.times[n + 1] - from;
    for (let channel = 0; channel < this.nChannels; channel += 1) {
      out[channel] = ((right[channel] - left[channel]) / span) * (moment - from) + left[channel];
    }
    return out;
  }

  cut() {
    const windows = [];
    while (this.grid.length >= this.length) {
      const start = this.start + this.next / this.rate;
      const x = new Float32Array(this.length * this.nChannels);
      for (let k = 0; k < this.length; k += 1) x.set(this.grid[k], k * this.nChannels);
      windows.push({ start_s: start, end_s: start + this.length / this.rate, x });
      this.grid.splice(0, this.stride);
      this.next += this.stride;
    }
    return windows;
  }
}
