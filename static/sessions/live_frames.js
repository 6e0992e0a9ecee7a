/**
 * Frames of samples as the live websocket takes them: { seq, t: Float64Array (n), values: Float32Array (n × channels) }.
 * The format stands in docs/live.md. Pure functions; they run in pages, workers and Node alike.
 */

const MAGIC = [0x46, 0x42, 0x53, 0x31]; // "FBS1"
const HEAD_BYTES = 16;

/** A frame of times (seconds) and rows of values, one row per sample. */
export function makeFrame(seq, t, rows) {
  const values = new Float32Array(rows.length * (rows[0]?.length ?? 0));
  let at = 0;
  for (const row of rows) for (const value of row) values[at++] = value;
  return { seq, t: Float64Array.from(t), values };
}

/** "FBS1", n (uint32), seq (uint64), n float64 seconds, n × channels float32; little-endian. */
export function encodeFrame({ seq, t, values }) {
  const buffer = new ArrayBuffer(HEAD_BYTES + 8 * t.length + 4 * values.length);
  const view = new DataView(buffer);
  MAGIC.forEach((byte, at) => view.setUint8(at, byte));
  view.setUint32(4, t.length, true);
  view.setBigUint64(8, BigInt(seq), true);
  t.forEach((moment, n) => view.setFloat64(HEAD_BYTES + 8 * n, moment, true));
  const start = HEAD_BYTES + 8 * t.length;
  values.forEach((value, n) => view.setFloat32(start + 4 * n, value, true));
  return buffer;
}

/** Several frames as one, under the number of the last. */
export function mergeFrames(frames) {
  if (frames.length === 1) return frames[0];
  const join = (Kind, name) => {
    const whole = new Kind(frames.reduce((n, frame) => n + frame[name].length, 0));
    let at = 0;
    for (const frame of frames) {
      whole.set(frame[name], at);
      at += frame[name].length;
    }
    return whole;
  };
  return { seq: frames.at(-1).seq, t: join(Float64Array, "t"), values: join(Float32Array, "values") };
}
