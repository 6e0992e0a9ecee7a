/**
 * The last seconds of all channels, drawn while they come, with the model's answers as bands. The drawing itself is
 * loaded when a session says what it measures: who only chooses a source doesn't need it.
 */
import { number } from "../web/format.js";
import { gettext } from "../web/words.js";

const SHOWN_S = 20;
const REDRAW_MS = 100;
const TABLE_MS = 1000;

export class LiveChart {
  /** channels: [{name, unit}]; table: a <details> with the same numbers, filled while it is open. */
  constructor(element, channels, table) {
    this.table = table;
    this.tabledAt = 0;
    this.t = [];
    this.columns = channels.map(() => []);
    this.channels = channels;
    this.spans = [];
    this.waiting = false;
    this.chart = null;
    this.load(element);
  }

  /** Without a connection there is no drawing; samples and answers go on. */
  async load(element) {
    try {
      const { timeChart } = await import("../web/chart.js");
      this.chart = timeChart(element, { ...this.data(), spans: [], live: true, label: gettext("Sensor channels, last 20 seconds"), height: 260 });
      this.redraw();
    } catch {
      element.textContent = gettext("The chart could not be loaded.");
    }
  }

  push(t, values) {
    if (this.t.length && t[0] <= this.t.at(-1)) {
      this.t = [];
      this.columns = this.channels.map(() => []);
    }
    this.begin ??= t[0];
    this.t.push(...t);
    values.forEach((row) => row.forEach((value, n) => this.columns[n].push(value)));
    const old = this.t.findIndex((moment) => moment >= this.t.at(-1) - SHOWN_S);
    if (old > 500) {
      this.t.splice(0, old);
      this.columns.forEach((column) => column.splice(0, old));
    }
    this.redraw();
  }

  /** bouts: [{start, end, label, state}]. */
  show(spans) {
    this.spans = spans;
    this.redraw();
  }

  data() {
    const start = Math.max(this.begin ?? 0, (this.t.at(-1) ?? 0) - SHOWN_S);
    const series = this.channels.map((channel, n) => ({ name: channel.name, unit: channel.unit, values: this.columns[n] }));
    return { t: this.t, series, extent: [start, start + SHOWN_S] };
  }

  tabulate({ series, extent }) {
    const now = performance.now();
    if (!this.table?.open || !this.t.length || now - this.tabledAt < TABLE_MS) return;
    this.tabledAt = now;
    const from = this.t.findIndex((moment) => moment >= extent[0]);
    this.table.querySelector("tbody").replaceChildren(...series.map(({ name, unit, values }) => {
      const shown = values.slice(Math.max(0, from));
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = unit ? `${name} (${unit})` : name;
      row.append(head, ...[shown.at(-1), Math.min(...shown), Math.max(...shown)].map((value) => {
        const cell = document.createElement("td");
        cell.className = "num";
        cell.textContent = number(value);
        return cell;
      }));
      return row;
    }));
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    setTimeout(() => requestAnimationFrame(() => {
      this.waiting = false;
      const data = this.data();
      this.chart?.setData(data);
      this.chart?.setSpans(this.spans.filter((span) => span.end > data.extent[0]));
      this.tabulate(data);
    }), REDRAW_MS);
  }
}
