/**
 * A camera, or a clip, whose body is found in this browser: no picture leaves the device. For every page that needs one.
 *
 *   const camera = new PoseCamera(video, { onFrame, onStats, onEnd });
 *   await camera.load({ runtime, model });            // addresses of the parts, as the page gives them
 *   await camera.start({ facing: "user" });           // or "environment"; or camera.play(url) for a clip
 *   camera.stop();  camera.close();
 *
 * onFrame({ t, at, pose, size })  t: seconds on the source's own clock; at: performance.now() when it was taken;
 *                                 pose: 33 of {x, y, z, visibility} as shares of the picture, or null; size: [width, height]
 * onStats({ fps, dropped, frames, finding_ms })  twice a second: frames looked at a second, frames that came meanwhile
 * onEnd()                          the clip is over, or the camera was taken away
 * Everything that keeps it from running is thrown as NotHere, in a sentence for a person.
 */
import { NotHere } from "../web/inference.js";
import { Landmarks } from "../web/landmarks.js";
import { gettext } from "../web/words.js";

const STATS_MS = 500;
const RATE_MS = 2000;
const WISH = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } };
const nothing = () => {};

function why(error) {
  const words = {
    NotAllowedError: gettext("The camera is blocked. Allow it for this site in your browser, then start again."),
    NotFoundError: gettext("This device has no camera."),
    OverconstrainedError: gettext("This device has no such camera. Choose the other one."),
    NotReadableError: gettext("Another program is using the camera. Close it, then start again."),
  };
  return new NotHere(words[error.name] ?? gettext("The camera could not be started."), { cause: error });
}

export class PoseCamera {
  constructor(video, { onFrame = nothing, onStats = nothing, onEnd = nothing } = {}) {
    Object.assign(this, { video, onFrame, onStats, onEnd, poses: null, loaded: "", stream: null, run: 0 });
  }

  /** Load what finds bodies; again only for another model. */
  async load({ runtime, model }) {
    if (this.loaded === model) return;
    this.poses?.close();
    Object.assign(this, { poses: null, loaded: "" });
    this.poses = await Landmarks.load("pose", { runtime, model });
    this.loaded = model;
  }

  async start({ facing = "user" } = {}) {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new NotHere(gettext("The camera works only over HTTPS, or on the computer that runs this site."));
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { ...WISH, facingMode: facing }, audio: false });
    } catch (error) {
      throw why(error);
    }
    this.stream.getVideoTracks()[0].addEventListener("ended", () => this.ended());
    this.video.srcObject = this.stream;
    await this.begin(true);
  }

  /** A clip of the site, or a file of this device as an object URL. */
  async play(url) {
    this.stop();
    this.video.src = url;
    await this.begin(false);
  }

  async begin(isCamera) {
    const run = ++this.run;
    const { video } = this;
    try {
      await video.play();
    } catch (error) {
      this.stop();
      throw new NotHere(gettext("This video can't be played here."), { cause: error });
    }
    if (run !== this.run) return;
    Object.assign(this, { frames: 0, dropped: 0, presented: null, times: [], took: [], shownAt: -1, begunAt: performance.now() });
    video.onended = () => this.ended();
    this.clock = setInterval(() => this.tell(), STATS_MS);
    const next = (handle) => (video.requestVideoFrameCallback
      ? video.requestVideoFrameCallback(handle) : requestAnimationFrame((now) => handle(now, null)));
    const step = (now, metadata) => {
      if (run !== this.run) return;
      next(step);
      this.look(isCamera, now, metadata);
    };
    next(step);
  }

  /** One frame: when it was taken, and who is in it. */
  look(isCamera, now, metadata) {
    const { video } = this;
    if (!metadata && video.currentTime === this.shownAt) return; // without callbacks for frames the same comes twice
    this.shownAt = video.currentTime;
    if (metadata) {
      if (this.presented !== null) this.dropped += Math.max(0, metadata.presentedFrames - this.presented - 1);
      this.presented = metadata.presentedFrames;
    }
    const at = (isCamera ? metadata?.captureTime : null) ?? metadata?.expectedDisplayTime ?? now;
    const t = isCamera ? (at - this.begunAt) / 1000 : metadata?.mediaTime ?? video.currentTime;
    const size = [video.videoWidth, video.videoHeight];
    if (!size[0]) return;
    const began = performance.now();
    const found = this.poses.find(video, began);
    const over = performance.now();
    this.took.push(over - began);
    this.times.push(over);
    this.frames += 1;
    this.onFrame({ t, at: Math.min(at, began), pose: found?.image ?? null, size });
  }

  tell() {
    const now = performance.now();
    this.times = this.times.filter((at) => now - at <= RATE_MS);
    this.took = this.took.slice(-30);
    const span_s = Math.min(RATE_MS, now - this.begunAt) / 1000;
    const finding_ms = this.took.length ? [...this.took].sort((a, b) => a - b)[this.took.length >> 1] : null;
    this.onStats({ fps: this.times.length / span_s, dropped: this.dropped, frames: this.frames, finding_ms });
  }

  ended() {
    if (!this.clock) return;
    this.tell();
    this.stop();
    this.onEnd();
  }

  stop() {
    this.run += 1;
    clearInterval(this.clock);
    this.clock = null;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.onended = null;
    this.video.pause();
    this.video.srcObject = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  close() {
    this.stop();
    this.poses?.close();
    Object.assign(this, { poses: null, loaded: "" });
  }
}
