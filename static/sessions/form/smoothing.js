// One landmark, smoothed as it comes: a One-Euro filter by time. The same as mlops/ml/biomechanics/form/smoothing.py.

const MIN_CUTOFF_HZ = 1.5;
const BETA = 2.0;
const SPEED_CUTOFF_HZ = 1.0;
const RESTART_S = 0.3;

const alpha = (cutoff, dt) => 1 / (1 + 1 / (2 * Math.PI * cutoff * dt));

export class Point {
  t = NaN;
  x = 0;
  y = 0;
  vx = 0;
  vy = 0;

  push(t, x, y, scale) {
    if (Number.isNaN(x) || Number.isNaN(y)) return [NaN, NaN];
    const dt = t - this.t;
    if (Number.isNaN(dt) || dt > RESTART_S || Number.isNaN(scale)) {
      [this.x, this.y, this.vx, this.vy] = [x, y, 0, 0];
    } else if (dt > 0) {
      let a = alpha(SPEED_CUTOFF_HZ, dt);
      this.vx += a * ((x - this.x) / dt / scale - this.vx);
      this.vy += a * ((y - this.y) / dt / scale - this.vy);
      const speed = Math.sqrt(this.vx * this.vx + this.vy * this.vy);
      a = alpha(MIN_CUTOFF_HZ + BETA * speed, dt);
      this.x += a * (x - this.x);
      this.y += a * (y - this.y);
    }
    this.t = t;
    return [this.x, this.y];
  }
}
