/** One athlete of a coach's board: what they do, repetitions, heart rate, signal, since when. */
import { make } from "../web/dom.js";
import { clock, percent } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";

const SIGNAL = { good: [gettext("Good"), "ok"], check: [gettext("Check sensor"), "warn"], bad: [gettext("Poor"), "bad"], silent: [gettext("No signal"), "warn"] };
const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** What the server announces, in words; `none` while it announces nothing. */
function doing({ exercise, announced, rest, rest_s: restS }) {
  if (rest || announced === "rest") return { words: fill(gettext("Rest %(time)s"), { time: clock(Math.round(restS ?? 0)) }), kind: "rest" };
  if (announced) return { words: title(announced), kind: "move" };
  return { words: exercise ? gettext("No exercise") : gettext("Live"), kind: "none" };
}

export class BoardRow {
  constructor(row) {
    this.row = row;
    this.heardAt = performance.now();
    this.sinceAt = null;
    this.cells = Object.fromEntries([...row.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]));
    this.name = row.querySelector(".board-name").textContent;
  }

  get isLive() {
    return this.row.dataset.live === "true";
  }

  get silentMs() {
    return performance.now() - this.heardAt;
  }

  show(update) {
    this.heardAt = performance.now();
    if (!update.live) {
      this.over();
      return;
    }
    this.row.dataset.live = "true";
    this.sinceAt = update.since_at ?? null;
    this.showNow(update);
    const { repetitions: reps } = update;
    this.put("set", reps ? fill(ngettext("Set %(set)s · %(n)s rep", "Set %(set)s · %(n)s reps", reps.count), { set: reps.set, n: reps.count }) : "");
    this.put("heart", update.heart_bpm ? `${Math.round(update.heart_bpm)}` : "");
    this.showSignal(update);
    this.cells.generated.replaceChildren(...(update.generated ? [make("span", "badge demo", gettext("Generated"))] : []));
    this.showWatch(update.session);
    this.tick();
  }

  showNow(update) {
    const { words, kind } = doing(update);
    const isSaid = kind === "move" && !update.abstained && update.exercise === update.announced;
    const share = isSaid && update.confidence !== null ? percent(update.confidence) : "";
    if (this.shown === `${words}${share}`) return;
    this.shown = `${words}${share}`;
    const line = make("span", `board-now is-${kind}`);
    const dot = make("span", "live-dot");
    dot.setAttribute("aria-hidden", "true");
    line.append(dot, make("span", "board-class", words), make("small", "muted num", share));
    this.cells.now.replaceChildren(line);
  }

  showSignal({ quality, checks = [] }) {
    const [words, kind] = SIGNAL[quality] ?? ["", ""];
    const text = `${words}${checks.join()}`;
    if (this.signal === text) return;
    this.signal = text;
    const parts = words ? [make("span", `badge ${kind}`, words)] : [];
    if (checks.length) parts.push(make("small", "muted board-check", checks[0]));
    this.cells.signal.replaceChildren(...parts);
  }

  showWatch(session) {
    const link = this.cells.watch.firstElementChild ?? make("a", "btn small", gettext("Watch"));
    link.href = `/live/${session}/`;
    if (link.isConnected) return;
    link.append(make("span", "visually-hidden", ` ${this.name}`));
    this.cells.watch.replaceChildren(link);
  }

  put(cell, words) {
    if (this.cells[cell].textContent !== words) this.cells[cell].textContent = words;
  }

  tick() {
    if (this.isLive && this.sinceAt) this.put("since", fill(gettext("%(n)s min"), { n: Math.max(0, Math.floor((Date.now() / 1000 - this.sinceAt) / 60)) }));
  }

  /** Not live any more. */
  over() {
    this.row.dataset.live = "false";
    this.shown = this.signal = null;
    this.cells.now.replaceChildren(make("span", "muted", gettext("Not live")));
    for (const cell of ["set", "heart", "signal", "since", "watch", "generated"]) this.cells[cell].replaceChildren();
  }
}
