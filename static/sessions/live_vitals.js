/** What stands beside the class: heart rate, what is wrong with the sensor, what waits on this device. */
import { make } from "../web/dom.js";
import { fill, gettext } from "../web/words.js";

const $ = (id) => document.getElementById(id);
const QUALITY = { good: gettext("Good signal"), check: gettext("Check sensor"), bad: gettext("Poor signal") };
const KIND = { good: "ok", check: "warn", bad: "bad" };
const SPEAK_EVERY_MS = 10_000;
const STALE_MS = 12_000;

export class Vitals {
  constructor() {
    this.spokenAt = -SPEAK_EVERY_MS;
    this.beatAt = 0;
    this.timer = setInterval(() => this.stale(), 3000);
  }

  /** Beats a minute, or null where the strap is lost. */
  heart(bpm, words = "") {
    $("live-heart-box").hidden = false;
    $("live-heart").textContent = bpm === null ? "–" : Math.round(bpm);
    $("live-heart-words").textContent = words;
    if (bpm !== null) this.beatAt = performance.now();
  }

  stale() {
    if (this.beatAt && performance.now() - this.beatAt > STALE_MS) this.heart(null, gettext("no signal"));
  }

  /** {quality, checks: [{severity, text}]} of the server's sensor check. */
  check({ quality, checks }) {
    const badge = $("live-quality");
    badge.hidden = false;
    badge.className = `badge ${KIND[quality] ?? ""}`;
    badge.textContent = QUALITY[quality] ?? quality;
    $("live-checks").replaceChildren(...checks.map(({ severity, text }) => make("li", `is-${severity}`, text)));
    const now = performance.now();
    const worst = checks.find((one) => one.severity !== "note");
    if (worst && now - this.spokenAt > SPEAK_EVERY_MS) {
      this.spokenAt = now;
      $("live-spoken-check").textContent = worst.text;
    }
  }

  /** Seconds of samples that only this device has; "" hides the line. */
  kept(seconds, isOnline) {
    const line = $("live-kept");
    if (!line) return;
    const n = Math.round(seconds);
    let words = "";
    if (!isOnline) words = fill(gettext("No connection. %(n)s s saved on this device, sent when you are back online."), { n });
    else if (seconds >= 1) words = fill(gettext("Sending %(n)s s saved on this device."), { n });
    line.hidden = !words;
    if (line.textContent !== words) line.textContent = words;
  }

  /** A sentence of the page's own: the screen, the battery. */
  warn(words) {
    const line = $("live-warning");
    if (!line) return;
    line.hidden = !words;
    if (line.lastElementChild.textContent !== words) line.lastElementChild.textContent = words;
  }

  close() {
    clearInterval(this.timer);
  }
}
