/** The answers as bouts: neighbouring windows of one class are one row; corrections stand beside them. */
import { clock, percent } from "../web/format.js";

const MAX_ROWS = 60;
const KEPT_S = 30;
const FLICKER_S = 1;

export class Timeline {
  /** title(name) gives the words of a class; begin() the stream's first second; onChange(spans) the chart's bands. */
  constructor({ body, empty, counts, title, begin, onChange = () => {} }) {
    Object.assign(this, { body, empty, counts, title, begin, onChange });
    this.bouts = [];
    this.corrections = [];
    this.nAnswers = 0;
    this.last = null;
  }

  /** Take the answer of one window; its middle is the moment it speaks for. */
  add(answer) {
    const middle = (answer.start_s + answer.end_s) / 2;
    if (this.last !== null && middle <= this.last) return;
    const step = this.last === null ? 0.5 : Math.min(middle - this.last, 1);
    this.last = middle;
    this.nAnswers += 1;
    const said = answer.announced === undefined ? !answer.abstained && answer.exercise : answer.announced;
    const label = said || "";
    this.fold(label);
    const bout = this.bouts[0];
    if (bout && bout.label === label && middle - bout.end < 2) {
      bout.end = middle + step / 2;
      bout.total += answer.confidence;
      bout.n += 1;
    } else {
      const start = bout ? Math.max(bout.end, middle - step / 2) : middle - step / 2;
      this.bouts.unshift({ label, start, end: middle + step / 2, total: answer.confidence, n: 1 });
    }
    this.render();
  }

  /** Less than a second of another class does not break a bout. */
  fold(label) {
    const [flicker, before] = this.bouts;
    if (!before || before.label !== label || flicker.label === label || flicker.end - flicker.start >= FLICKER_S) return;
    before.end = flicker.end;
    this.bouts.shift();
  }

  /** Somebody said what a window was. */
  correct(correction) {
    this.corrections = this.corrections.filter((one) => one.start_s !== correction.start_s || one.end_s !== correction.end_s);
    this.corrections.push(correction);
    this.render();
  }

  words = (label) => (label ? this.title(label) : "No exercise");

  render() {
    const lasting = this.bouts.filter((bout, n) => n === 0 || bout.end - bout.start >= FLICKER_S);
    const rows = lasting.slice(0, MAX_ROWS).map((bout) => this.row(bout));
    this.body.replaceChildren(...rows);
    this.empty.hidden = rows.length > 0;
    const n = this.corrections.length;
    this.counts.textContent = n ? `${n} correction${n === 1 ? "" : "s"}` : "";
    const from = (this.last ?? 0) - KEPT_S;
    this.onChange([
      ...this.bouts.filter((bout) => bout.label && bout.end > from).map((bout) => this.band(bout.start, bout.end, bout.label, "proposed")),
      ...this.corrections.filter((one) => one.end_s > from).map((one) => this.band(one.start_s, one.end_s, one.label, "confirmed")),
    ]);
  }

  band(start, end, label, state) {
    return { start: start - this.begin(), end: end - this.begin(), label: this.words(label), state };
  }

  row(bout) {
    const row = document.createElement("tr");
    const [time, name, share] = ["td", "th", "td"].map((tag) => document.createElement(tag));
    const at = (moment) => clock(Math.max(0, moment - this.begin()));
    time.textContent = `${at(bout.start)}–${at(bout.end)}`;
    name.textContent = this.words(bout.label);
    name.scope = "row";
    share.textContent = bout.label === "rest" ? "" : percent(bout.total / bout.n);
    time.className = share.className = "num";
    row.classList.toggle("is-none", !bout.label || bout.label === "rest");
    for (const one of this.corrections) {
      const middle = (one.start_s + one.end_s) / 2;
      if (middle < bout.start || middle >= bout.end) continue;
      const note = document.createElement("small");
      note.textContent = `${at(one.start_s)}–${at(one.end_s)} corrected: ${this.words(one.label)}`;
      name.append(note);
    }
    row.append(time, name, share);
    return row;
  }
}
