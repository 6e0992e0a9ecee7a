/** The live cells of a team's board. Rows of athletes who do not share are never in an update. */
import { fill, gettext } from "../web/words.js";
import { BoardRow } from "./live_board_row.js";

const SILENT_MS = 9000;
const SPEAK_EVERY_MS = 10_000;
const $ = (id) => document.getElementById(id);
const { socket: path } = JSON.parse($("board-config").textContent);
const rows = new Map([...document.querySelectorAll("#board tr[data-athlete]")].map((row) => [Number(row.dataset.athlete), new BoardRow(row)]));
const summary = $("board-summary");
const demo = $("board-show-demo");
let socket = null;
let failures = 0;
let spokenAt = -SPEAK_EVERY_MS;
let isUp = true;

/** How many are live; read aloud, so not too often. */
function count() {
  const n = [...rows.values()].filter((row) => row.isLive).length;
  $("board-none").hidden = n > 0 || $("board").dataset.show !== "live";
  const { sharing, athletes } = summary.dataset;
  const text = fill(gettext("%(n_live)s live now. %(n_sharing)s of %(n)s athletes share their training with you."), { n_live: n, n_sharing: sharing, n: athletes });
  const now = performance.now();
  if (summary.textContent === text || now - spokenAt < SPEAK_EVERY_MS) return;
  spokenAt = now;
  summary.textContent = text;
}

function heard({ event, data }) {
  if (event === "board_state") away(!data.up);
  if (event !== "board") return;
  away(false);
  for (const update of data.updates) rows.get(update.athlete)?.show(update);
  count();
}

function away(on) {
  isUp = !on;
  $("board-away").hidden = !on;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.addEventListener("open", () => { if (demo?.getAttribute("aria-pressed") === "true") showDemo(true); });
  socket.addEventListener("message", (event) => {
    failures = 0;
    heard(JSON.parse(event.data));
  });
  socket.addEventListener("close", ({ code }) => {
    if ([4403, 4404].includes(code)) {
      for (const row of rows.values()) row.over();
      count();
      return;
    }
    failures += 1;
    if (failures > 2) away(true);
    setTimeout(connect, Math.min(4000, 250 * 2 ** failures));
  });
}

function showDemo(on) {
  demo.setAttribute("aria-pressed", String(on));
  demo.querySelector("span").textContent = on ? gettext("End demo") : gettext("Show demo athletes live");
  $("board-demo").hidden = !on;
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ event: "show_demo", data: { on } }));
}

demo?.addEventListener("click", () => showDemo(demo.getAttribute("aria-pressed") !== "true"));
document.querySelectorAll("[data-show]:not(tbody)").forEach((button) => button.addEventListener("click", () => {
  $("board").dataset.show = button.dataset.show;
  document.querySelectorAll("button[data-show]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  count();
}));

/** Somebody from whom nothing came for a while is not live any more; unknown while updates are paused. */
setInterval(() => {
  for (const row of rows.values()) {
    if (isUp && row.isLive && row.silentMs > SILENT_MS) row.over();
    row.tick();
  }
  count();
}, 3000);
connect();
if (demo) demo.disabled = false;
