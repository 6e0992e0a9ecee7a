/** The heart rate of a workout over time. One <figure class="heart-chart" data-envelope data-duration> per strap. */
import { timeChart } from "../web/chart.js";
import { gettext } from "../web/words.js";
import { envelopeSource } from "./envelope.js";

const POINTS = 1000;

document.querySelectorAll(".heart-chart").forEach(async (figure) => {
  const duration = Number(figure.dataset.duration);
  try {
    const { t, series } = await envelopeSource(figure.dataset.envelope, duration).load(0, duration, POINTS);
    timeChart(figure, { t, series: series.filter((one) => one.name === "bpm"), label: gettext("Heart rate"), height: 200 });
  } catch {
    figure.textContent = gettext("The chart could not be loaded. See the table below.");
  }
});
