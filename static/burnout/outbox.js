/**
 * Check-ins without a connection: kept on this device, one a day, and sent when it is back.
 * The server keeps one check-in a day however often it arrives, so sending again is harmless.
 */
import { idempotencyKey, request } from "../web/api.js";
import { toast } from "../web/toast.js";
import { fill, gettext } from "../web/words.js";

const form = document.getElementById("check-in");
const TEXT = new Set(["day", "note"]);
const owner = document.querySelector("[data-owner]")?.dataset.owner ?? "";
const KEY = "fitbalance.check-ins";

const kept = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");
const keep = (entries) => (entries.length ? localStorage.setItem(KEY, JSON.stringify(entries)) : localStorage.removeItem(KEY));

/** The form's answers as the API takes them: an empty field is null, "unknown". */
function answers() {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (name === "csrfmiddlewaretoken") continue;
    if (name === "is_injured") body[name] = { true: true, false: false }[value] ?? null;
    else body[name] = TEXT.has(name) ? value : value === "" ? null : Number(value);
  }
  if (body.minutes === 0 && body.rpe === null) body.rpe = 0;
  return body;
}

/** Send what is kept; entries of another account stay, entries that the server refuses are told and dropped. */
export async function flush() {
  for (const entry of kept().filter((one) => one.owner === owner)) {
    try {
      await request("/api/v1/check-ins/", { method: "POST", json: entry.body });
      toast(fill(gettext("Your check-in for %(day)s was sent."), { day: entry.body.day }), "success");
    } catch (error) {
      if (error.transient || [401, 403].includes(error.status)) return;
      const values = { day: entry.body.day, reason: error.message };
      toast(fill(gettext("Your check-in for %(day)s was not saved: %(reason)s"), values), "error");
    }
    keep(kept().filter((one) => one.id !== entry.id));
  }
}

function keepHere() {
  const body = answers();
  const others = kept().filter((one) => one.owner !== owner || one.body.day !== body.day);
  keep([...others, { id: idempotencyKey(), owner, body }]);
  document.getElementById("check-in-state").textContent =
    gettext("No connection. Your check-in is saved on this device and sent when you are back online.");
}

let reached = false;
form?.addEventListener("submit", async (event) => {
  if (reached) return; // the server answered just now: the form goes its ordinary way
  event.preventDefault();
  try {
    await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(4000) });
    reached = true;
  } catch {
    keepHere();
    return;
  }
  form.requestSubmit(event.submitter);
});

window.addEventListener("online", flush);
if (navigator.onLine) flush();
