/**
 * Plays samples of this browser in their own time, `speed` times as fast, in small frames.
 *
 *   const player = new Player(source, speed, { onFrame(t, values), onEnd(), mayGo() });
 *   player.start();  player.stop();
 *
 * A browser slows timers down in hidden tabs; the replay then slows down too instead of rushing afterwards.
 */

const TICK_MS = 100;
const MOST_S = 1;
const LONG_PAUSE_S = 2;
const MAX_ROWS = 400;

export class Player {
  constructor(source, speed, { onFrame, onEnd, mayGo = () => true }) {
    Object.assign(this, { source, speed, onFrame, onEnd, mayGo });
    this.at = 0;
    this.position = null;
    this.stopped = false;
  }

  start() {
    this.last = performance.now();
    this.timer = setTimeout(() => this.tick(), TICK_MS);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  tick() {
    const now = performance.now();
    const passed = Math.min((now - this.last) / 1000, MOST_S) * this.speed;
    this.last = now;
    if (this.mayGo()) {
      this.play(passed);
      if (this.stopped) return;
      if (this.at >= this.source.t.length) {
        this.stopped = true;
        this.onEnd();
        return;
      }
    }
    this.timer = setTimeout(() => this.tick(), TICK_MS);
  }

  play(passed) {
    const { source } = this;
    if (this.at >= source.t.length) return;
    if (this.position === null || source.t[this.at] - this.position > LONG_PAUSE_S) this.position = source.t[this.at];
    this.position += passed;
    while (this.at < source.t.length && source.t[this.at] <= this.position) {
      let end = this.at;
      while (end < source.t.length && source.t[end] <= this.position && end - this.at < MAX_ROWS) end += 1;
      this.onFrame(source.t.slice(this.at, end), source.values.slice(this.at, end));
      this.at = end;
    }
  }
}
