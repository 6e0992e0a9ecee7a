/**
 * Points and boxes of a clip, loaded in stretches as they are needed.
 *
 *   const poses = poseSource(url, duration, { onLoad });
 *   poses.at(t)    the frame shown at t: {t, pose, hands, boxes, filled}, or null while it is loading or none is near
 */
import { request } from "../web/api.js";

const CHUNK_S = 20;
const MAX_FRAMES = 1200;

export function poseSource(url, duration, { slack_s, onLoad }) {
  const chunks = new Map();

  function load(n) {
    if (n < 0 || n * CHUNK_S >= duration || chunks.has(n)) return;
    chunks.set(n, null);
    const query = new URLSearchParams({ start_s: n * CHUNK_S, end_s: (n + 1) * CHUNK_S, max_frames: MAX_FRAMES });
    request(`${url}&${query}`).then(
      (answer) => { chunks.set(n, answer); onLoad(); },
      () => chunks.delete(n),
    );
  }

  /** The last frame that begins at or before t. */
  function last(frames, t) {
    let [low, high] = [0, frames.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (frames[middle].t <= t + 1e-3) low = middle + 1; else high = middle;
    }
    return frames[low - 1] ?? null;
  }

  return {
    at(t) {
      if (!url) return null;
      const n = Math.floor(t / CHUNK_S);
      load(n);
      load(n + 1);
      const chunk = chunks.get(n);
      const found = chunk && last(chunk.frames, t);
      return found && t - found.t <= slack_s * chunk.every ? found : null;
    },
  };
}
