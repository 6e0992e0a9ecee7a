/**
 * The form that says where samples come from; gives a source for LiveSession:
 * {layout, speed, hello, start, session?, recording?, isServer?, run({onFrame, onEnd, mayGo, onWarning}) → {stop()}}.
 */
import { fixed } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { HeartStrap } from "./heart_strap.js";
import { Player } from "./live_player.js";
import { BadFile, fileSource, sampleSource } from "./live_sources.js";
import { NoMotion, PhoneSource } from "./phone_source.js";
import { ScreenAwake } from "./screen_awake.js";

const MAX_RATE_HZ = 1000;
const BEATS_HZ = 10;
const $ = (id) => document.getElementById(id);

export class Choice {
  /** onLayout(key or null): which layout the chosen source has, as far as it is known. */
  constructor(form, config, { onLayout = () => {} } = {}) {
    Object.assign(this, { form, config, onLayout });
    this.file = null;
    form.addEventListener("change", () => this.show());
    $("live-file").addEventListener("change", () => this.readFile());
    this.obstacle("phone", PhoneSource.problem());
    this.obstacle("strap", HeartStrap.problem());
    this.flextailProblem = "a program beside the sensor starts it"; // the page has its words and how to do it
    this.preferThisPhone();
    this.show();
  }

  /** On a phone that can measure, the phone itself is what most people mean; an address that says otherwise wins. */
  preferThisPhone() {
    const asked = new URLSearchParams(location.search);
    if (asked.has("source") || asked.has("recording") || this.phoneProblem) return;
    if (navigator.maxTouchPoints && matchMedia("(max-width: 46rem)").matches) this.form.elements.source.value = "phone";
  }

  get kind() {
    return this.form.elements.source.value;
  }

  get recording() {
    return this.config.recordings.find((one) => one.id === this.form.elements.recording.value);
  }

  obstacle(kind, words) {
    const notice = $(`${kind}-problem`);
    if (!notice) return;
    notice.hidden = !words;
    notice.querySelector("div").textContent = words;
    this[`${kind}Problem`] = words;
  }

  show() {
    this.form.querySelectorAll("[data-for]").forEach((part) => { part.hidden = !part.dataset.for.split(" ").includes(this.kind); });
    $("live-start").disabled = Boolean(this[`${this.kind}Problem`]);
    if ($("live-start").disabled) $("live-start").setAttribute("aria-describedby", `${this.kind}-problem`);
    else $("live-start").removeAttribute("aria-describedby");
    this.problem("");
    this.onLayout(this.layout);
  }

  get layout() {
    const known = { phone: "imu6", strap: "heart_rate", sample: "flextail", recording: this.recording?.layout, file: this.file?.layout };
    return known[this.kind] ?? null;
  }

  problem(words) {
    $("live-problem").hidden = !words;
    $("live-problem").querySelector("div").textContent = words;
  }

  /** Words for a person; null for what is not theirs to know. */
  static words(error) {
    return error instanceof BadFile || error instanceof NoMotion || error.name === "Problem" ? error.message : null;
  }

  async readFile() {
    this.file = null;
    this.problem("");
    const [file] = $("live-file").files;
    if (!file) return;
    try {
      this.file = await fileSource(file, this.config.layouts);
      const { title, t, rateHz, nLeftOut } = this.file;
      const facts = fill(gettext("%(title)s: %(n)s samples at %(rate)s Hz."), { title, n: t.length, rate: fixed(rateHz, 1) });
      const left = nLeftOut ? fill(ngettext("%(n)s line skipped.", "%(n)s lines skipped.", nLeftOut), { n: nLeftOut }) : "";
      $("live-file-facts").textContent = `${facts} ${left}`.trim();
    } catch (error) {
      $("live-file-facts").textContent = "";
      this.problem(Choice.words(error) ?? gettext("The file could not be read."));
    }
    this.onLayout(this.layout);
  }

  /** The chosen source. Must be called inside a tap: iOS and Bluetooth ask the person. null: the person changed their mind. */
  async source() {
    const speed = Number(this.form.elements.speed.value);
    if (this.kind === "phone") return phone(new PhoneSource());
    if (this.kind === "strap") return strap();
    if (this.kind === "recording") {
      if (!this.recording) throw new BadFile(gettext("Choose a recording."));
      const { id, session, layout } = this.recording;
      return { isServer: true, kind: "recording", recording: id, session, layout, speed };
    }
    if (this.kind === "file" && !this.file) throw new BadFile(gettext("Choose a file first."));
    if (this.kind === "file") return played(this.file, "file", speed, $("live-file").files[0].name.slice(0, 120));
    return played(await sampleSource(this.config.sample), "sample", speed, "");
  }
}

/** Samples that this browser has, played in their own time. */
function played(samples, kind, wanted, title) {
  const speed = Math.max(1, Math.min(wanted, Math.floor(MAX_RATE_HZ / Math.max(samples.rateHz, 1))));
  const rate = Math.min(MAX_RATE_HZ, Math.max(0.1, samples.rateHz * speed));
  return {
    kind, layout: samples.layout, speed, start: { source: kind, title }, hello: { layout: samples.layout, rate_hz: rate, source: kind },
    run({ onFrame, onEnd, mayGo }) {
      const player = new Player(samples, speed, { onFrame, onEnd, mayGo });
      player.start();
      return player;
    },
  };
}

async function phone(sensor) {
  await sensor.allow();
  const awake = { stop() {} };
  return {
    kind: "phone", layout: sensor.layout, speed: 1, start: { source: "sensor", title: gettext("Phone session"), notes: sensor.facts },
    hello: { layout: sensor.layout, rate_hz: sensor.rateHz, source: "sensor" },
    run({ onFrame, onWarning }) {
      sensor.run({ onFrame });
      const kept = new ScreenAwake({ onWarning });
      kept.start();
      awake.stop = () => kept.stop();
      return { stop() { sensor.stop(); awake.stop(); } };
    },
  };
}

async function strap() {
  const found = await HeartStrap.pair();
  if (!found) return null;
  return {
    kind: "strap", layout: "heart_rate", speed: 1, start: { source: "sensor", title: gettext("Heart rate") },
    hello: { layout: "heart_rate", rate_hz: BEATS_HZ, source: "sensor" },
    run({ onFrame, onBeat, onWarning }) {
      found.connect({
        onBeats: ({ t, values, bpm }) => { onFrame(t, values); onBeat?.(bpm); },
        onState: (state) => onWarning({
          on: "", lost: gettext("Lost the heart rate strap. Reconnecting…"),
          no_contact: gettext("The strap has no skin contact. Moisten it and tighten it."),
        }[state]),
      }).catch(() => onWarning(gettext("Could not connect to the strap. Check whether another app is using it.")));
      return found;
    },
  };
}
