/** Whether a window looks like what a model learned from: `mlops/ml/abstention.py` in the browser; a test compares them. */
const TINY = 1e-6;
const MAX_CHANNELS = 24;

/** Logarithms of each channel's size and speed; x is length × channels as measured. */
export function features(x, length) {
  const channels = x.length / length;
  const sizes = [];
  const speeds = [];
  for (let channel = 0; channel < channels; channel += 1) {
    let mean = 0;
    let square = 0;
    let step = 0;
    for (let at = channel; at < x.length; at += channels) mean += x[at] / length;
    for (let at = channel; at < x.length; at += channels) square += (x[at] - mean) ** 2;
    for (let at = channel + channels; at < x.length; at += channels) step += (x[at] - x[at - channels]) ** 2;
    sizes.push(Math.log(Math.sqrt(square / length) + TINY));
    speeds.push(Math.log(Math.sqrt(step / Math.max(1, length - 1)) + TINY));
  }
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return channels > MAX_CHANNELS ? [mean(sizes), mean(speeds)] : [...sizes, ...speeds];
}

/** guard: {centres, whitening, limits} or null; `label` is the position of the likeliest label. */
export function knows(guard, x, length, label) {
  if (!guard) return true;
  const apart = features(x, length).map((value, n) => value - guard.centres[label][n]);
  let distance = 0;
  for (let column = 0; column < guard.whitening[0].length; column += 1) {
    let sum = 0;
    apart.forEach((value, row) => { sum += value * guard.whitening[row][column]; });
    distance += sum * sum;
  }
  return distance <= guard.limits[0][label];
}
