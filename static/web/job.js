/**
 * Follow a background job through the API, for pages that start one from JavaScript. Pages that
 * only show a job use the include web/includes/job_card.html, which polls with htmx.
 *
 *   const job = await watchJob("/api/v1/jobs/<id>/", { onChange: (job) => …, signal });
 *
 * Resolves with the last state once the job has ended, whatever its end; throws AbortError when
 * `signal` aborts. A lost connection is waited out.
 */
import { request } from "./api.js";

export const ENDED = new Set(["succeeded", "failed", "errored", "cancelled"]);

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(new DOMException("Stopped", "AbortError"));
  }, { once: true });
});

export async function watchJob(url, { onChange = () => {}, signal, everyMs = 1000 } = {}) {
  let failures = 0;
  for (;;) {
    try {
      const job = await request(url, { signal });
      failures = 0;
      onChange(job);
      if (ENDED.has(job.status)) return job;
    } catch (error) {
      if (!error.transient) throw error;
      failures += 1;
    }
    await pause(Math.min(everyMs * 2 ** failures, 15_000), signal);
  }
}
