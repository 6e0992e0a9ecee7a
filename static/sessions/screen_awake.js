/**
 * What ends a phone's recording without anybody noticing: the screen goes dark, another app comes to the front, the
 * battery runs out. Keeps the screen on and says the rest.
 *
 *   const awake = new ScreenAwake({ onWarning(words) });   await awake.start();   awake.stop();
 */
import { fill, gettext } from "../web/words.js";

const LOW_BATTERY = 0.15;

export class ScreenAwake {
  /** onWarning gets a sentence, or "" when the last one is no longer true. */
  constructor({ onWarning = () => {} } = {}) {
    this.onWarning = onWarning;
    this.hiddenAt = null;
    this.warnings = new Map();
    this.changed = () => this.visibility();
  }

  async start() {
    document.addEventListener("visibilitychange", this.changed);
    await this.lock();
    const battery = await navigator.getBattery?.().catch(() => null);
    if (battery) {
      const check = () => this.warn("battery", battery.level <= LOW_BATTERY && !battery.charging
        ? fill(gettext("Battery at %(n)s %."), { n: Math.round(100 * battery.level) }) : "");
      battery.addEventListener("levelchange", check);
      battery.addEventListener("chargingchange", check);
      check();
    }
  }

  async lock() {
    try {
      this.sentinel = await navigator.wakeLock.request("screen");
      this.warn("lock", "");
    } catch {
      this.warn("lock", gettext("This browser cannot keep the screen on. Set a longer screen timeout: recording stops when the screen turns off."));
    }
  }

  async visibility() {
    if (document.hidden) {
      this.hiddenAt = performance.now();
      return;
    }
    const seconds = this.hiddenAt === null ? 0 : Math.round((performance.now() - this.hiddenAt) / 1000);
    this.hiddenAt = null;
    if (seconds >= 1) {
      this.warn("hidden", fill(gettext("This page was in the background for %(n)s s. Keep it open: phones pause motion sensors in the background."), { n: seconds }));
      setTimeout(() => this.warn("hidden", ""), 15_000);
    }
    await this.lock();
  }

  warn(kind, words) {
    if (words) this.warnings.set(kind, words);
    else this.warnings.delete(kind);
    this.onWarning([...this.warnings.values()].join(" "));
  }

  stop() {
    document.removeEventListener("visibilitychange", this.changed);
    this.sentinel?.release().catch(() => {});
    this.onWarning("");
  }
}
