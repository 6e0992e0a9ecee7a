/**
 * Resumable uploads through /api/v1/uploads/: announce, PUT parts of 8 MiB, complete.
 *
 *   const upload = await uploadFile(file, { onProgress: (done, total) => …, signal });
 *   upload.id            name this id where the API or a form wants a file
 *   await cancelUpload(upload.id)
 *
 * The same file (name, size, date) goes on where it stopped, also after a reload. Lost connections
 * and busy servers are waited out; throws Problem for a refusal, AbortError when `signal` aborts
 * (the parts that arrived stay for 24 hours).
 */
import { Problem, request } from "./api.js";
import { fill, gettext } from "./words.js";

const URL_UPLOADS = "/api/v1/uploads/";
const MAX_TRIES = 8;
const MAX_PAUSE_MS = 20_000;

const keyOf = (file) => `fitbalance-upload:${file.name}:${file.size}:${file.lastModified}`;

const memory = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, id) => { try { localStorage.setItem(key, id); } catch { /* not resumable then */ } },
  drop: (key) => { try { localStorage.removeItem(key); } catch { /* nothing kept */ } },
};

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("Stopped", "AbortError"));
    }, { once: true });
  });
}

/** Send a request until it succeeds or is refused for good. */
async function persistently(url, options) {
  for (let n = 1; ; n += 1) {
    try {
      return await request(url, options);
    } catch (error) {
      const quota = error.code === "quota";
      if (!(error instanceof Problem) || !error.transient || quota || error.status === 507 || n >= MAX_TRIES) throw error;
      const wait = error.retryAfterS ? error.retryAfterS * 1000 : 500 * 2 ** n * (0.75 + Math.random() / 2);
      await pause(Math.min(wait, MAX_PAUSE_MS), options.signal);
    }
  }
}

async function resumed(file, signal) {
  const id = memory.get(keyOf(file));
  if (!id) return null;
  try {
    const upload = await persistently(`${URL_UPLOADS}${id}/`, { signal });
    if (upload.size === file.size && ["open", "ready"].includes(upload.state)) return upload;
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  memory.drop(keyOf(file));
  return null;
}

async function announced(file, signal) {
  const json = { filename: file.name, size: file.size };
  const upload = await persistently(URL_UPLOADS, { method: "POST", json, signal, idempotent: true });
  memory.set(keyOf(file), upload.id);
  return upload;
}

/** Upload one File; resolves with the complete upload. */
export async function uploadFile(file, { onProgress = () => {}, signal } = {}) {
  if (file.size === 0) throw new Problem({ status: 400, code: "empty", detail: fill(gettext("“%(file)s” is empty."), { file: file.name }) });
  const upload = (await resumed(file, signal)) ?? (await announced(file, signal));
  const received = new Set(upload.received);
  const sizeOf = (n) => Math.min(upload.part_bytes, file.size - n * upload.part_bytes);
  let done = [...received].reduce((sum, n) => sum + sizeOf(n), 0);
  onProgress(done, file.size);
  for (let n = 0; n < upload.n_parts && upload.state === "open"; n += 1) {
    if (received.has(n)) continue;
    const start = n * upload.part_bytes;
    await persistently(`${URL_UPLOADS}${upload.id}/parts/${n}/`, {
      method: "PUT",
      body: file.slice(start, start + sizeOf(n)),
      headers: { "Content-Type": "application/octet-stream" },
      signal,
    });
    done += sizeOf(n);
    onProgress(done, file.size);
  }
  const complete = await persistently(`${URL_UPLOADS}${upload.id}/complete/`, { method: "POST", json: {}, signal });
  memory.drop(keyOf(file));
  return complete;
}

/** Forget an upload and its parts. */
export const cancelUpload = (id) => request(`${URL_UPLOADS}${id}/`, { method: "DELETE" });
