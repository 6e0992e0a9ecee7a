/**
 * Landmarks of bodies and hands in this browser, as mlops/ml/vision finds them on the server: no picture leaves the device.
 *
 *   import { Landmarks } from "../web/landmarks.js";
 *   const runtime = "/parts/mediapipe-web/<digest>/";                  // folder of the part's files
 *   const poses = await Landmarks.load("pose", { runtime, model: "/parts/pose-lite/<digest>/landmarker.task" });
 *   const pose = poses.find(video, performance.now());                  // {image, world} or null: nobody is invented
 *   poses.close();
 *
 * Hands: `Landmarks.load("hands", …)`; `find` gives a list of {image, world, side, confidence}.
 * With `moving: false` every picture stands for itself; else they are frames in their order.
 * Points are {x, y, z, visibility}: x and y of `image` as shares of the picture, `world` in metres.
 */
import { NotHere } from "./inference.js";
import { gettext } from "./words.js";

const TASKS = {
  pose: { name: "PoseLandmarker", options: { numPoses: 1, minPoseDetectionConfidence: 0.7 }, read: readPose },
  hands: { name: "HandLandmarker", options: { numHands: 2 }, read: readHands },
};

let queue = Promise.resolve();

/** One after another: the library passes its WebAssembly module through a global name. Its chatter is no error. */
function made(library, task, files, options) {
  queue = queue.catch(() => {}).then(() => {
    globalThis.Module = { printErr: (text) => console.debug(text) };
    return library[task].createFromOptions(files, options);
  });
  return queue;
}

export class Landmarks {
  /** Throws NotHere where the browser cannot (no WebGL, no WebAssembly) or the files are not to be had. */
  static async load(what, { runtime, model, moving = true }) {
    const task = TASKS[what];
    const base = new URL(runtime, location.href).href;
    try {
      const library = await import(new URL("vision_bundle.js", base).href);
      const files = {
        wasmLoaderPath: new URL("vision_wasm_internal.js", base).href,
        wasmBinaryPath: new URL("vision_wasm_internal.wasm", base).href,
      };
      const found = await made(library, task.name, files, {
        baseOptions: { modelAssetPath: new URL(model, location.href).href, delegate: "CPU" },
        runningMode: moving ? "VIDEO" : "IMAGE",
        ...task.options,
      });
      return new Landmarks(found, task.read, moving);
    } catch (error) {
      throw new NotHere(gettext("The model cannot run in this browser."), { cause: error });
    }
  }

  constructor(landmarker, read, moving) {
    Object.assign(this, { landmarker, read, moving, last: -1 });
  }

  /** What is in a <video>, <img>, canvas or ImageBitmap; `at` in milliseconds, for frames: it never goes back. */
  find(picture, at = 0) {
    if (!this.moving) return this.read(this.landmarker.detect(picture));
    this.last = Math.max(this.last + 1, Math.round(at));
    return this.read(this.landmarker.detectForVideo(picture, this.last));
  }

  close() {
    this.landmarker.close();
  }
}

function readPose({ landmarks, worldLandmarks }) {
  return landmarks.length ? { image: landmarks[0], world: worldLandmarks[0] } : null;
}

function readHands({ landmarks, worldLandmarks, handedness }) {
  return landmarks.map((image, n) => {
    const [{ categoryName: side, score: confidence }] = handedness[n];
    return { image, world: worldLandmarks[n], side, confidence };
  });
}
