/**
 * A heart rate strap through Web Bluetooth.
 *
 *   HeartStrap.problem();             // a sentence where this browser cannot, else ""
 *   const strap = await HeartStrap.pair();          // inside a tap; null when the person closed the list
 *   await strap.connect({ onBeats({ t, values, bpm }), onState("on" | "lost" | "no_contact") });   strap.stop();
 *
 * A strap that goes out of reach is reconnected automatically.
 */
import { gettext } from "../web/words.js";
import { Beats, parseHeartRate } from "./heart_rate.js";

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const now = () => (performance.timeOrigin + performance.now()) / 1000;

export class HeartStrap {
  static problem() {
    if (!globalThis.isSecureContext) return gettext("Bluetooth needs a secure (HTTPS) connection.");
    if (!navigator.bluetooth) {
      return gettext("This browser does not support Bluetooth straps. Use Chrome or Edge on Android, Windows, macOS or Linux, or import the strap's file afterwards.");
    }
    return "";
  }

  /** Let the person choose a strap. */
  static async pair() {
    try {
      return new HeartStrap(await navigator.bluetooth.requestDevice({ filters: [{ services: ["heart_rate"] }] }));
    } catch (error) {
      if (error.name === "NotFoundError") return null;
      throw error;
    }
  }

  constructor(device) {
    this.device = device;
    this.beats = new Beats();
    this.failures = 0;
    this.stopped = false;
    this.measured = (event) => this.take(event.target.value);
    this.gone = () => this.again();
  }

  get name() {
    return this.device.name || gettext("Heart rate strap");
  }

  async connect({ onBeats, onState = () => {} }) {
    Object.assign(this, { onBeats, onState });
    this.device.addEventListener("gattserverdisconnected", this.gone);
    await this.subscribe();
  }

  async subscribe() {
    const server = await this.device.gatt.connect();
    const service = await server.getPrimaryService("heart_rate");
    const measurement = await service.getCharacteristic("heart_rate_measurement");
    measurement.addEventListener("characteristicvaluechanged", this.measured);
    await measurement.startNotifications();
    this.failures = 0;
    this.onState("on");
  }

  take(view) {
    let measurement;
    try {
      measurement = parseHeartRate(view);
    } catch {
      return; // a strap that sends a cut message sends the next one whole
    }
    if (measurement.contact === false) {
      this.onState("no_contact");
      return;
    }
    const beats = this.beats.take(measurement, now());
    if (beats.t.length) this.onBeats({ ...beats, bpm: measurement.bpm });
  }

  again() {
    if (this.stopped) return;
    this.onState("lost");
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.subscribe().catch(() => this.again()), pause);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.device.removeEventListener("gattserverdisconnected", this.gone);
    if (this.device.gatt?.connected) this.device.gatt.disconnect();
  }
}
