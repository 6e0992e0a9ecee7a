/**
 * Takes of a guided recording on their way to the server. They lie in the client's outbox entry, so that a reload or a
 * day offline loses none; the whole list is sent after each take, and again when the stream is known.
 */
import { request } from "../web/api.js";

const ATTEMPTS = 3;
const PAUSE_MS = 700;
const address = (stream) => `/api/v1/live/streams/${stream}/takes/`;

/** Keep the takes with the stream and send them; true when the server has them. */
export async function keepTakes(client, takes) {
  client.entry.takes = takes;
  await client.box?.save();
  return sendTakes(client);
}

/** Send what the entry holds, where the stream is known; false when it must be tried again later. */
export async function sendTakes(client) {
  const { takes, stream } = client.entry;
  if (!takes || !stream) return !takes;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      await request(address(stream), { method: "PUT", json: { takes } });
      return true;
    } catch (error) {
      if (!error.transient) return false;
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    }
  }
  return false;
}
