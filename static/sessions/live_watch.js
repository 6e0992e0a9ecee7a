/** /live/<session>/: look at a session that streams elsewhere. Read-only. */
import { gettext } from "../web/words.js";
import { Stage } from "./live_stage.js";

const $ = (id) => document.getElementById(id);
const { socket: path } = JSON.parse($("live-config").textContent);
const FINAL = new Set([4403, 4404, 4408]);
const stage = new Stage();
let failures = 0;
let wasIn = false;

function live(on) {
  stage.state(on ? gettext("Live") : gettext("Not live"), on ? "ok" : "");
  $("watch-off").hidden = on;
}

function heard({ event, data }) {
  if (event === "over") {
    live(false);
    return;
  }
  live(true);
  if (event === "samples") stage.samples(data.t, data.values, data.begin);
  else stage.message({ event, data });
}

/** Access was withdrawn: what is on the screen goes too. */
function takeAway() {
  $("live-stage").remove();
  $("watch-off").hidden = true;
  $("watch-ended").append($("watch-ended-words").content);
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.addEventListener("message", (event) => {
    failures = 0;
    wasIn = true;
    heard(JSON.parse(event.data));
  });
  socket.addEventListener("close", ({ code }) => {
    if (FINAL.has(code)) {
      stage.state(gettext("Ended"), "bad");
      if (code === 4403 || (code === 4404 && wasIn)) takeAway(); // 4404: it was lost on the way, and asked again
      return;
    }
    stage.state(gettext("Connection lost. Reconnecting…"), "warn");
    failures += 1;
    setTimeout(connect, Math.min(4000, 250 * 2 ** failures));
  });
}

stage.state(gettext("Waiting"));
connect();
