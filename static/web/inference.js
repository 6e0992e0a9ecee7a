/**
 * A model version in this browser: ONNX Runtime Web (WebAssembly, one thread), no server round trip.
 *
 *   import { DeviceModel } from "../web/inference.js";
 *   const model = await DeviceModel.load(spec);               // as /api/v1/live/model/ gives it
 *   const [row] = await model.score([window]);                // window: Float32Array, length × channels, as measured
 *
 * The file is kept in the browser's cache under its hash, so that a model that ran once runs offline.
 */
import { gettext } from "./words.js";

const RUNTIME = new URL("../vendor/onnxruntime/", import.meta.url);
const KEPT = "fitbalance-models";
const EPSILON = 1e-8;
let runtime = null;

/** Something that keeps a model from running here, in a sentence for a person. */
export class NotHere extends Error {}

/** The runtime, loaded when it is first needed (14 MB once, then from the browser's cache). */
export async function loadRuntime() {
  runtime ??= import(new URL("ort.wasm.bundle.min.mjs", RUNTIME).href).then((ort) => {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", RUNTIME).href };
    ort.env.logLevel = "error";
    return ort;
  });
  return runtime.catch((error) => {
    runtime = null;
    throw error;
  });
}

async function kept(name) {
  try {
    return await globalThis.caches?.open(name);
  } catch {
    return undefined; // private windows and plain http have none
  }
}

/**
 * The bytes of a model file, from the cache or the server, checked against its hash where the browser can.
 * A cache holds one file; files that are used side by side name caches of their own.
 */
export async function loadFile({ url, sha256 }, cacheName = KEPT) {
  const cache = await kept(cacheName);
  const known = await cache?.match(url);
  const response = known ?? await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new NotHere(gettext("The model could not be downloaded."));
  const bytes = await response.arrayBuffer();
  if (globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (found !== sha256) {
      await cache?.delete(url);
      if (known) return loadFile({ url, sha256 }, cacheName); // the server has another file by now
      throw new NotHere(gettext("The model download was damaged. Try again."));
    }
  }
  if (cache && !known) {
    for (const old of await cache.keys()) if (old.url !== new URL(url, location.href).href) await cache.delete(old);
    await cache.put(url, new Response(bytes));
  }
  return bytes;
}

/** A spread below this share of the values' size is the rounding of their digits. */
const NOISE = 1e-6;
const spread = (std, mean) => Math.max(std, NOISE * Math.abs(mean)) + EPSILON;

/** (x − mean) / spread of one window, length × channels, as spec.normalisation says; a new Float32Array. */
export function normalise(window, { length, normalisation }, scaler = null) {
  const channels = window.length / length;
  const out = new Float32Array(window.length);
  for (let channel = 0; channel < channels; channel += 1) {
    let mean = 0;
    let scale = 1;
    if (normalisation === "dataset") {
      mean = scaler.mean[channel];
      scale = spread(scaler.std[channel], mean);
    } else if (normalisation === "window") {
      for (let at = channel; at < window.length; at += channels) mean += window[at];
      mean /= length;
      let square = 0;
      for (let at = channel; at < window.length; at += channels) square += (window[at] - mean) ** 2;
      scale = spread(Math.sqrt(square / length), mean);
    }
    for (let at = channel; at < window.length; at += channels) out[at] = (window[at] - mean) / scale;
  }
  return out;
}

export class DeviceModel {
  /** spec: {labels, window_spec, scaler, file: {url, sha256}, …}. Throws NotHere. */
  static async load(spec) {
    if (typeof WebAssembly === "undefined") throw new NotHere(gettext("This browser cannot run models."));
    try {
      const [ort, bytes] = await Promise.all([loadRuntime(), loadFile(spec.file)]);
      const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
      return new DeviceModel(ort, session, spec);
    } catch (error) {
      throw error instanceof NotHere ? error : new NotHere(gettext("The model cannot run in this browser."), { cause: error });
    }
  }

  constructor(ort, session, spec) {
    Object.assign(this, { ort, session, spec, labels: spec.labels });
  }

  /** Probabilities of windows as they were measured: one array of numbers each, in the order of the labels. */
  async score(windows) {
    const { window_spec: cut, scaler } = this.spec;
    const size = windows[0].length;
    const data = new Float32Array(size * windows.length);
    windows.forEach((window, n) => data.set(normalise(window, cut, scaler), n * size));
    const input = new this.ort.Tensor("float32", data, [windows.length, cut.length, size / cut.length]);
    const answer = (await this.session.run({ input })).probabilities;
    const rows = windows.map((_, n) => Array.from(answer.data.slice(n * this.labels.length, (n + 1) * this.labels.length)));
    input.dispose();
    answer.dispose();
    return rows;
  }

  async release() {
    await this.session.release();
  }
}
