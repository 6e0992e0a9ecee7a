/** The live cells of a team's board. Rows of athletes who do not share are never in an update. */
import { make } from "../web/dom.js";
import { percent } from "../web/format.js";

const SILENT_MS = 9000;
const { socket: path } = JSON.parse(document.getElementById("board-config").textContent);
const rows = new Map([...document.querySelectorAll("#board tr[data-athlete]")].map((row) => [Number(row.dataset.athlete), row]));
const heardAt = new Map();
const summary = document.getElementById("board-summary");
const rest = summary.textContent.replace(/^\d+ live now\.\s*/, "");
let failures = 0;

const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function words({ exercise, abstained }) {
  if (!exercise) return "Live";
  return abstained ? "No exercise" : title(exercise);
}

function show(row, update) {
  const cell = (name) => row.querySelector(`[data-cell="${name}"]`);
  row.dataset.live = String(update.live);
  if (!update.live) {
    cell("now").replaceChildren(make("span", "muted", "Not live"));
    cell("watch").replaceChildren();
  } else {
    const badge = make("span", "badge ok");
    badge.append(make("span", "live-dot"), make("span", "board-class", words(update)));
    cell("now").replaceChildren(badge);
    if (!cell("watch").firstElementChild) {
      const link = make("a", "btn small", "Watch");
      link.href = `/live/${update.session}/`;
      cell("watch").append(link);
    }
  }
  const share = update.live && update.confidence !== null ? update.confidence : null;
  cell("confidence").querySelector("progress").value = share ?? 0;
  cell("confidence").querySelector(".num").textContent = share === null ? "" : percent(share);
}

function count() {
  const n = [...rows.values()].filter((row) => row.dataset.live === "true").length;
  const text = `${n} live now. ${rest}`;
  if (summary.textContent !== text) summary.textContent = text;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.addEventListener("message", (event) => {
    failures = 0;
    for (const update of JSON.parse(event.data).data.updates) {
      const row = rows.get(update.athlete);
      if (!row) continue;
      heardAt.set(update.athlete, performance.now());
      show(row, update);
    }
    count();
  });
  socket.addEventListener("close", ({ code }) => {
    if ([4403, 4404].includes(code)) return;
    failures += 1;
    setTimeout(connect, Math.min(4000, 250 * 2 ** failures));
  });
}

/** Somebody from whom nothing came for a while is not live any more. */
setInterval(() => {
  for (const [athlete, row] of rows) {
    if (row.dataset.live === "true" && performance.now() - (heardAt.get(athlete) ?? 0) > SILENT_MS) {
      show(row, { live: false, exercise: null, confidence: null });
    }
  }
  count();
}, 3000);
connect();
