/**
 * The form that says where samples come from; gives a source for LiveSession:
 * {layout, speed, hello, start, session?, recording?, isServer?, run({onFrame, onEnd, mayGo, onWarning}) → {stop()}}.
 */
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
    this.show();
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
      const left = nLeftOut ? `, ${nLeftOut} lines left out` : "";
      $("live-file-facts").textContent = `${title}: ${t.length} samples at ${rateHz.toFixed(1)} Hz${left}.`;
    } catch (error) {
      $("live-file-facts").textContent = "";
      this.problem(Choice.words(error) ?? "The file cannot be read.");
    }
    this.onLayout(this.layout);
  }

  /** The chosen source. Must be called inside a tap: iOS and Bluetooth ask the person. null: the person changed their mind. */
  async source() {
    const speed = Number(this.form.elements.speed.value);
    if (this.kind === "phone") return phone(new PhoneSource());
    if (this.kind === "strap") return strap();
    if (this.kind === "recording") {
      if (!this.recording) throw new BadFile("Choose a recording.");
      const { id, session, layout } = this.recording;
      return { isServer: true, kind: "recording", recording: id, session, layout, speed };
    }
    if (this.kind === "file" && !this.file) throw new BadFile("Choose a file first.");
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
    kind: "phone", layout: sensor.layout, speed: 1, start: { source: "sensor", title: "Phone session", notes: sensor.facts },
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
    kind: "strap", layout: "heart_rate", speed: 1, start: { source: "sensor", title: "Heart rate" },
    hello: { layout: "heart_rate", rate_hz: BEATS_HZ, source: "sensor" },
    run({ onFrame, onBeat, onWarning }) {
      found.connect({
        onBeats: ({ t, values, bpm }) => { onFrame(t, values); onBeat?.(bpm); },
        onState: (state) => onWarning({ on: "", lost: "The strap is out of reach. It is connected again by itself.", no_contact: "The strap has no contact with the skin. Wet it and pull it tighter." }[state]),
      }).catch(() => onWarning("The strap could not be reached. Is another app connected to it?"));
      return found;
    },
  };
}
