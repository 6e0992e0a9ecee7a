/** The answers as bouts: neighbouring windows of one class are one row; corrections stand beside them. */
import { clock, percent } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { said } from "./live_answer.js";

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
    this.rows = new WeakMap(); // stretch → its row
    this.onPick = null; // (bout): somebody wants to correct a stretch; null where one only looks on
  }

  /** Take the answer of one window; its middle is the moment it speaks for. */
  add(answer) {
    const middle = (answer.start_s + answer.end_s) / 2;
    if (this.last !== null && middle <= this.last) return;
    const step = this.last === null ? 0.5 : Math.min(middle - this.last, 1);
    this.last = middle;
    this.nAnswers += 1;
    const label = (answer.announced === undefined ? said(answer) : answer.announced) || "";
    const says = label && said(answer) === label; // a withheld class, or another, says nothing of how sure the model was
    const [total, n] = says ? [answer.confidence, 1] : [0, 0];
    this.fold(label);
    const bout = this.bouts[0];
    if (bout && bout.label === label && middle - bout.end < 2) {
      bout.end = middle + step / 2;
      bout.total += total;
      bout.n += n;
      bout.windows.push([answer.start_s, answer.end_s]);
    } else {
      const start = bout ? Math.max(bout.end, middle - step / 2) : middle - step / 2;
      this.bouts.unshift({ label, start, end: middle + step / 2, total, n, windows: [[answer.start_s, answer.end_s]] });
    }
    this.render();
  }

  /** Less than a second of another class does not break a bout. */
  fold(label) {
    const [flicker, before] = this.bouts;
    if (!before || before.label !== label || flicker.label === label || flicker.end - flicker.start >= FLICKER_S) return;
    before.end = flicker.end;
    before.windows.push(...flicker.windows);
    this.bouts.shift();
  }

  /** Somebody said what a window was; a label of null: they took it back. */
  correct(correction) {
    this.corrections = this.corrections.filter((one) => one.start_s !== correction.start_s || one.end_s !== correction.end_s);
    if (correction.label !== null) this.corrections.push(correction);
    this.render();
  }

  words = (label) => (label ? this.title(label) : gettext("No exercise"));

  render() {
    const lasting = this.bouts.filter((bout, n) => n === 0 || bout.end - bout.start >= FLICKER_S);
    const rows = lasting.slice(0, MAX_ROWS).map((bout) => this.row(bout));
    rows.forEach((row, n) => { if (this.body.children[n] !== row) this.body.insertBefore(row, this.body.children[n] ?? null); });
    while (this.body.children.length > rows.length) this.body.lastElementChild.remove();
    this.empty.hidden = rows.length > 0;
    const n = this.corrections.length;
    this.counts.textContent = n ? fill(ngettext("%(n)s correction", "%(n)s corrections", n), { n }) : "";
    const from = (this.last ?? 0) - KEPT_S;
    this.onChange([
      ...this.bouts.filter((bout) => bout.label && bout.end > from).map((bout) => this.band(bout.start, bout.end, bout.label, "proposed")),
      ...this.corrections.filter((one) => one.end_s > from).map((one) => this.band(one.start_s, one.end_s, one.label, "confirmed")),
    ]);
  }

  band(start, end, label, state) {
    return { start: start - this.begin(), end: end - this.begin(), label: this.words(label), state };
  }

  /** The row of a stretch, made once: it may be under a finger, or have the focus, while answers come in. */
  row(bout) {
    if (!this.rows.has(bout)) this.rows.set(bout, this.blank(bout));
    const { row, time, words, share, notes } = this.rows.get(bout);
    const at = (moment) => clock(Math.max(0, moment - this.begin()));
    const [span, exercise] = [`${at(bout.start)}–${at(bout.end)}`, this.words(bout.label)];
    put(time, span);
    put(words, exercise);
    put(share, bout.n ? percent(bout.total / bout.n) : "");
    if (this.onPick) words.setAttribute("aria-label", fill(gettext("%(exercise)s, %(time)s: correct it"), { exercise, time: span }));
    row.classList.toggle("is-none", !bout.label || bout.label === "rest");
    put(notes, this.corrections.filter((one) => {
      const middle = (one.start_s + one.end_s) / 2;
      return middle >= bout.start && middle < bout.end;
    }).map((one) => fill(gettext("%(from)s–%(to)s corrected: %(exercise)s"), { from: at(one.start_s), to: at(one.end_s), exercise: this.words(one.label) })).join("\n"));
    return row;
  }

  blank(bout) {
    const [row, time, name, share, notes] = ["tr", "td", "th", "td", "small"].map((tag) => document.createElement(tag));
    const words = document.createElement(this.onPick ? "button" : "span");
    if (this.onPick) {
      words.type = "button";
      words.className = "link";
      words.addEventListener("click", () => this.onPick(bout));
    }
    name.scope = "row";
    time.className = share.className = "num";
    name.append(words, notes);
    row.append(time, name, share);
    return { row, time, words, share, notes };
  }
}

/** Set an element's text only where it is another: what is read out or selected is left alone. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
