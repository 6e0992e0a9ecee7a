/** How a live client reaches the site: the workout it streams into, the websocket, keys and pauses. */

/** A random key; works without HTTPS too. */
export const randomKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

/** Soon, then every second (a server starts again in a few), after a while every half minute; never in step. */
export function pauseAfter(failures) {
  const longest = failures < 20 ? 1000 : Math.min(30_000, 1000 * 2 ** (failures - 20));
  return Math.min(longest, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
}

/** The site said no; `body` is its problem document. */
export class Refused extends Error {
  constructor(body) {
    super(body.detail ?? "The workout could not be created.");
    this.body = body;
  }
}

/** POST the workout that a stream goes into; the key makes a repeated request give the same one. Throws Refused. */
export async function makeWorkout({ site, token, entry, box, onSession }) {
  const csrf = globalThis.document?.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const headers = { "Content-Type": "application/json", "Idempotency-Key": entry.key };
  Object.assign(headers, token ? { Authorization: `Bearer ${token}` } : { "X-CSRFToken": csrf });
  const response = await fetch(`${site}/api/v1/live/sessions/`, { method: "POST", headers, body: JSON.stringify(entry.start) });
  const isFinal = response.status >= 400 && response.status < 500 && ![408, 409, 429].includes(response.status);
  if (isFinal) throw new Refused(await response.json().catch(() => ({ code: "refused" })));
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  entry.session = (await response.json()).id;
  box.save();
  onSession(entry.session);
}

/** The websocket into a workout. A token goes into a header, which browsers cannot send: there the login counts. */
export function openSocket({ site, token, session }) {
  const url = `${site.replace(/^http/, "ws")}/ws/live/${session}/`;
  return token ? new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } }) : new WebSocket(url);
}

/** Hold an entry of the outbox for this page; null when another page has it. Call the result to let go. */
export function hold(key) {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    locks.request(`fitbalance-live-${key}`, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((release) => { resolve(release); });
    });
  });
}
