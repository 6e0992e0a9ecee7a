/** Samples that this browser plays itself: the generated sample, a file of this device. {layout, rateHz, t, values}. */
import { request } from "../web/api.js";
import { fill, gettext } from "../web/words.js";

/** The generated sample. */
export async function sampleSource(address) {
  const { layout, rate_hz: rateHz, t, values } = await request(address);
  return { layout, rateHz, t, values };
}

/** Something in a file that a person can fix. */
export class BadFile extends Error {}

const TIMES = ["t", "t_s", "time", "time_s", "timestamp", "timestamp_ms", "seconds", "ms"];
const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

function rowsOfJson(text) {
  const lines = text.trim().startsWith("[") ? JSON.parse(text) : text.split(/\r?\n/).filter((line) => line.trim()).map((line, n) => {
    try {
      return JSON.parse(line);
    } catch {
      throw new BadFile(fill(gettext("Line %(n)s is not valid JSON."), { n: n + 1 }));
    }
  });
  const rows = lines.map((line) => (line?.event === "sensor_data" ? line.data : line));
  const names = Object.keys(rows[0] ?? {});
  return { names, rows: rows.map((row) => names.map((name) => Number(row?.[name]))) };
}

function rowsOfCsv(text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  const delimiter = [";", "\t", ","].reduce((a, b) => (lines[0].split(b).length > lines[0].split(a).length ? b : a));
  const cells = (line) => line.split(delimiter).map((cell) => cell.trim().replace(/^"|"$/g, ""));
  const number = (cell) => (cell === "" ? NaN : Number(delimiter === ";" ? cell.replace(",", ".") : cell));
  const names = cells(lines[0]);
  if (names.every((name) => Number.isFinite(number(name)))) throw new BadFile(gettext("The first line has no column names. Use Import for this file."));
  return { names, rows: lines.slice(1).map((line) => cells(line).map(number)) };
}

/** Seconds from the start: a time column in s, ms or µs, else the layout's rate. */
function timesOf(rows, column, rateHz) {
  if (column < 0) return rows.map((row, n) => n / rateHz);
  const first = rows[0][column];
  const step = (rows.at(-1)[column] - first) / Math.max(1, rows.length - 1);
  const scale = step >= 1000 ? 1e-6 : step >= 2 ? 1e-3 : 1;
  return rows.map((row) => (row[column] - first) * scale);
}

/** Read a file and find the layout whose channels it holds. Throws BadFile with a sentence. */
export async function fileSource(file, layouts) {
  const text = await file.text();
  if (!text.trim()) throw new BadFile(gettext("The file is empty."));
  const isJson = /^[\s\uFEFF]*[[{]/.test(text);
  let table;
  try {
    table = isJson ? rowsOfJson(text) : rowsOfCsv(text);
  } catch (error) {
    throw error instanceof BadFile ? error : new BadFile(gettext("The file could not be read."));
  }
  const known = table.names.map(plain);
  const fits = layouts.filter((layout) => layout.channels.every((name) => known.includes(plain(name))));
  const layout = fits.sort((a, b) => b.channels.length - a.channels.length)[0];
  if (!layout) {
    const wanted = layouts.find((one) => one.key === "flextail")?.channels ?? [];
    throw new BadFile(fill(gettext("These columns match no sensor. A FlexTail has %(columns)s. Use Import to assign other columns."), { columns: wanted.join(", ") }));
  }
  const columns = layout.channels.map((name) => known.indexOf(plain(name)));
  const timeColumn = known.findIndex((name) => TIMES.map(plain).includes(name));
  const needed = timeColumn < 0 ? columns : [timeColumn, ...columns];
  const rows = table.rows.filter((row) => needed.every((column) => Number.isFinite(row[column])));
  if (rows.length < 2) throw new BadFile(gettext("The file contains no readable samples."));
  const t = timesOf(rows, timeColumn, layout.rate_hz);
  const keep = t.map((moment, n) => n === 0 || moment > Math.max(...t.slice(Math.max(0, n - 3), n)));
  const times = t.filter((_, n) => keep[n]);
  const values = rows.filter((_, n) => keep[n]).map((row) => columns.map((column) => row[column]));
  const rateHz = (times.length - 1) / (times.at(-1) - times[0]);
  return {
    layout: layout.key, title: layout.title, rateHz, t: times, values,
    nLeftOut: table.rows.length - times.length,
  };
}
