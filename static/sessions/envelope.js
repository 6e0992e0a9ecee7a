/**
 * Loads a recording for a chart: an overview first, finer data for the stretch that is looked at.
 *
 *   const source = envelopeSource(url, duration);
 *   const data = await source.load(start, end, points);   null when a newer request overtook it
 *
 * Without an address there are no channels, only the time that labels stand on.
 */
import { request } from "../web/api.js";

export function envelopeSource(url, duration) {
  if (!url) return { load: async () => ({ t: [0, duration], series: [] }) };
  let controller = null;
  let overview = null;

  /** Half a screen on each side comes along, so that panning does not show holes. */
  async function load(start, end, points) {
    controller?.abort();
    controller = new AbortController();
    const pad = (end - start) / 2;
    const [from, to] = [Math.max(0, start - pad), Math.min(duration, end + pad)];
    const isAll = from <= 0 && to >= duration;
    if (isAll && overview) return overview;
    const query = new URLSearchParams({ start_s: from.toFixed(4), max_points: String(points) });
    if (to < duration) query.set("end_s", to.toFixed(4));
    try {
      const data = await request(`${url}${url.includes("?") ? "&" : "?"}${query}`, { signal: controller.signal });
      if (isAll) overview = data;
      return data;
    } catch (error) {
      if (error.name === "AbortError") return null;
      throw error;
    }
  }

  return { load };
}
