/** Repetitions, the list of sets, and the rest between them. Filled from `repetitions` and `rest` of the server. */
import { make } from "../web/dom.js";
import { clock } from "../web/format.js";
import { gettext } from "../web/words.js";

const $ = (id) => document.getElementById(id);
const REDRAW_MS = 250;

export class Sets {
  /** title(name): words of a class; begin(): the stream's first second; now(): its second now. */
  constructor({ title, begin, now }) {
    Object.assign(this, { title, begin, now });
    this.sets = new Map();
    this.current = null;
    this.restSince = null;
    this.timer = setInterval(() => this.renderRest(), REDRAW_MS);
  }

  /** The sets so far, of a stream that goes on. */
  hello(sets = []) {
    for (const set of sets) this.sets.set(set.set, set);
    this.current = sets.at(-1) ?? this.current;
    this.render();
  }

  repetitions(data) {
    this.sets.set(data.set, data);
    if (!this.current || data.set >= this.current.set) this.current = data;
    this.render();
  }

  rest({ resting, since_s: since }) {
    this.restSince = resting ? since : null;
    this.renderRest();
  }

  get isResting() {
    return this.restSince !== null;
  }

  close() {
    clearInterval(this.timer);
    this.restSince = null;
    this.renderRest();
  }

  render() {
    const { current } = this;
    $("live-reps").textContent = current ? current.count : "–";
    $("live-set").textContent = current ? current.set : "–";
    const rows = [...this.sets.values()].sort((a, b) => b.set - a.set).map((set) => this.row(set));
    $("live-sets").replaceChildren(...rows);
    $("live-sets-box").hidden = rows.length === 0;
    $("live-sets-empty").hidden = rows.length > 0;
  }

  row(set) {
    const row = make("tr");
    const name = make("th", "", this.title(set.exercise ?? ""));
    name.scope = "row";
    const from = Math.max(0, set.start_s - (this.begin() ?? set.start_s));
    row.append(
      make("td", "num muted", String(set.set)), name, make("td", "num", String(set.count)),
      make("td", "num muted", set.end_s === null ? gettext("now") : `${clock(from)}–${clock(from + set.end_s - set.start_s)}`),
    );
    return row;
  }

  renderRest() {
    const place = $("live-rest");
    if (!place) return; // the stage went away with the right to watch, the clock ticks once more
    const words = this.isResting ? clock(Math.max(0, this.now() - this.restSince)) : "–";
    if (place.textContent !== words) place.textContent = words;
    place.parentElement.classList.toggle("is-on", this.isResting);
  }
}
