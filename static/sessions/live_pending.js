/**
 * What earlier pages recorded and could not send: sent now, ended and stored, or thrown away by the person.
 * Fills templates/workouts/live_pending.html where a page includes it.
 */
import { watchJob } from "../web/job.js";
import { count } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";
import { sendTakes } from "./guided_takes.js";
import { LiveClient } from "./live_client.js";
import { openOutbox } from "./live_outbox.js";
import { hold } from "./live_start.js";

const ALIVE_MS = 60_000;

/** A client for every stream that a page of this person left behind and that no other page sends now. */
export async function pendingClients({ owner = "", outbox = null, ...options } = {}) {
  const kept = outbox ?? await openOutbox();
  const clients = [];
  for (const entry of await kept.entries()) {
    if (entry.owner !== owner) continue;
    const isAlive = !globalThis.navigator?.locks && Date.now() - (entry.aliveAt ?? 0) < ALIVE_MS;
    const release = isAlive ? null : await hold(entry.key);
    if (!release) continue;
    const client = new LiveClient(await kept.box(entry), options);
    client.release = release;
    if (client.waiting || entry.stream) clients.push(client);
    else {
      await client.box.remove();
      release();
    }
  }
  return clients;
}

/** What still waits on this device. @param {number} n @param {string} state of the client */
function waits(n, state) {
  let words = ngettext("%(n)s sample will be sent when you are online.", "%(n)s samples will be sent when you are online.", n);
  if (state === "open") words = ngettext("Sending, %(n)s sample left.", "Sending, %(n)s samples left.", n);
  else if (state === "kept") {
    words = ngettext(
      "The server is full. %(n)s sample will be sent when there is space.",
      "The server is full. %(n)s samples will be sent when there is space.", n,
    );
  }
  return fill(words, { n: count(n) });
}

/** One line per stream in `list` (a <ul>), inside `notice`, which is shown while there is something to say. */
export async function sendPending({ owner, notice, list }) {
  for (const client of await pendingClients({ owner })) {
    const line = document.createElement("li");
    const when = new Date(client.entry.beganAt).toLocaleString([document.documentElement.lang, "en"], { dateStyle: "medium", timeStyle: "short" });
    const say = (words) => { line.textContent = `${when}: ${words}`; };
    list.append(line);
    notice.hidden = false;
    const progress = () => say(waits(client.waiting, client.state));
    const timer = setInterval(progress, 1000);
    client.onMessage = async ({ event, data }) => {
      if (event === "hello") sendTakes(client); // the labels of a guided recording
      if (event !== "finished") return;
      clearInterval(timer);
      say(gettext("Sent."));
      const job = data.status_url ? await watchJob(data.status_url).catch(() => null) : null;
      if (job?.result?.url) line.append(" ", link(job.result.url));
    };
    client.onState = (state) => {
      if (state !== "closed") return progress();
      clearInterval(timer);
      if (!client.isStored) refused(client, line, say);
    };
    progress();
    client.open();
    client.finish();
  }
}

function link(address) {
  const found = document.createElement("a");
  found.href = address;
  found.textContent = gettext("Open the recording");
  return found;
}

function refused(client, line, say) {
  if (client.code === 4409) return line.remove();
  say(fill(ngettext(
    "%(n)s sample cannot be sent. The workout was deleted or the data is invalid.",
    "%(n)s samples cannot be sent. The workout was deleted or the data is invalid.", client.waiting,
  ), { n: count(client.waiting) }));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary small";
  button.textContent = gettext("Discard");
  button.addEventListener("click", async () => {
    await client.box.remove();
    line.remove();
  });
  line.append(" ", button);
}

const notice = globalThis.document?.getElementById("live-pending");
if (notice) sendPending({ owner: notice.dataset.owner, notice, list: notice.querySelector("ul") });
