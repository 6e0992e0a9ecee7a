/**
 * The phone's own motion sensor as a source of a live stream (layout imu6).
 *
 *   const phone = new PhoneSource();
 *   PhoneSource.problem();            // a sentence where this browser cannot, else ""
 *   await phone.allow();              // inside a tap: iOS asks the person; measures the rate; throws NoMotion
 *   phone.run({ onFrame(t, values), onReading({ acc, rateHz, isSure }) });   phone.stop();
 *
 * Times are seconds since 1970 by the browser's steady clock, so that a reload goes on in the same time.
 */
import { gettext } from "../web/words.js";
import { likelySign, MotionAxes, RateMeter } from "./motion_axes.js";

const MEASURE_MS = 1500;
const FRAME_MS = 200;
const LEAST_STEP_S = 0.0005;
const [LEAST_HZ, MOST_HZ] = [5, 400];

/** Why there is no motion; the message is a sentence for the person. */
export class NoMotion extends Error {}

const askers = () => [globalThis.DeviceMotionEvent, globalThis.DeviceOrientationEvent].filter((kind) => kind?.requestPermission);

export class PhoneSource {
  constructor() {
    this.layout = "imu6";
    this.kind = "phone";
    this.axes = new MotionAxes(likelySign(navigator.userAgent, navigator.maxTouchPoints));
    this.meter = new RateMeter();
    this.held = { t: [], values: [] };
    this.last = -Infinity;
    this.onFrame = null;
    this.moved = (event) => this.take(event);
    this.turned = ({ beta, gamma }) => this.axes.orient({ beta, gamma });
  }

  /** A sentence where this browser cannot give motion at all. */
  static problem() {
    if (!globalThis.isSecureContext) return gettext("Motion sensors need a secure (HTTPS) connection. Open this site with https.");
    if (!("DeviceMotionEvent" in globalThis)) return gettext("This device has no motion sensor. Open this page on your phone.");
    return "";
  }

  /** True where the browser shows the person a question first (iOS). */
  static get asks() {
    return askers().length > 0;
  }

  /** Ask, listen and measure for a moment. Throws NoMotion with what to do. */
  async allow() {
    const answers = await Promise.all(askers().map((kind) => kind.requestPermission().catch(() => "denied")));
    if (answers.includes("denied")) {
      throw new NoMotion(gettext("Access to motion data was denied. On an iPhone, close this tab and open it again."));
    }
    addEventListener("devicemotion", this.moved);
    addEventListener("deviceorientation", this.turned);
    await new Promise((resolve) => { setTimeout(resolve, MEASURE_MS); });
    const rate = this.meter.rateHz;
    if (rate === null || rate < LEAST_HZ) {
      this.stop();
      throw new NoMotion(this.axes.missing === "gyroscope"
        ? gettext("This phone has no gyroscope, which the models need. Try another phone.")
        : gettext("No motion data received. Open this page on your phone and allow motion sensors in your browser settings."));
    }
    this.rateHz = Math.min(MOST_HZ, Math.round(rate * 10) / 10);
  }

  /** Hand out frames of a fifth of a second from now on. */
  run({ onFrame, onReading = () => {} }) {
    Object.assign(this, { onFrame, onReading });
    this.held = { t: [], values: [] };
    this.timer = setInterval(() => this.flush(), FRAME_MS);
    return this;
  }

  stop() {
    this.flush();
    this.onFrame = null;
    clearInterval(this.timer);
    removeEventListener("devicemotion", this.moved);
    removeEventListener("deviceorientation", this.turned);
  }

  take(event) {
    const values = this.axes.read(event);
    if (!values) return;
    const t = (performance.timeOrigin + event.timeStamp) / 1000;
    this.meter.add(t);
    if (!this.onFrame || t < this.last + LEAST_STEP_S) return;
    this.last = t;
    this.held.t.push(t);
    this.held.values.push(values);
    if (this.held.t.length >= MOST_HZ) this.flush();
  }

  flush() {
    const { t, values } = this.held;
    if (!t.length || !this.onFrame) return;
    this.held = { t: [], values: [] };
    this.onFrame(t, values);
    this.onReading({ acc: values.at(-1).slice(0, 3), rateHz: this.meter.rateHz, isSure: this.axes.isSure });
  }

  /** What the workout remembers of the device: "Phone, portrait, 60 Hz, gravity direction checked". */
  get facts() {
    const turned = (screen.orientation?.type ?? "").split("-")[0];
    const checked = this.axes.isSure ? gettext("gravity direction checked") : "";
    return [gettext("Phone"), turned, `${this.rateHz} Hz`, checked].filter(Boolean).join(", ");
  }
}
