/** The last seconds of all channels, drawn while they come, with the model's answers as bands. */
import { timeChart } from "../web/chart.js";

const SHOWN_S = 20;
const REDRAW_MS = 100;

export class LiveChart {
  /** channels: [{name, unit}]. */
  constructor(element, channels) {
    this.t = [];
    this.columns = channels.map(() => []);
    this.channels = channels;
    this.spans = [];
    this.waiting = false;
    this.chart = timeChart(element, { ...this.data(), spans: [], live: true, label: "Sensor channels, last 20 seconds", height: 260 });
  }

  push(t, values) {
    if (this.t.length && t[0] <= this.t.at(-1)) {
      this.t = [];
      this.columns = this.channels.map(() => []);
    }
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
    const end = this.t.at(-1) ?? SHOWN_S;
    const series = this.channels.map((channel, n) => ({ name: channel.name, unit: channel.unit, values: this.columns[n] }));
    return { t: this.t, series, extent: [end - SHOWN_S, end] };
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    setTimeout(() => requestAnimationFrame(() => {
      this.waiting = false;
      const data = this.data();
      this.chart.setData(data);
      this.chart.setSpans(this.spans.filter((span) => span.end > data.extent[0]));
    }), REDRAW_MS);
  }
}
