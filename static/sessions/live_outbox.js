/**
 * Frames that the server has not acknowledged. They lie in memory and, where there is IndexedDB, on the disk of this
 * device: a reload, a crash of the browser or a day without a connection loses nothing but the last quarter second.
 *
 *   const outbox = await openOutbox();             // IndexedDB, or memory only (Node, private windows)
 *   const box = await outbox.box(entry);                // entry: { key, … } says whose frames these are
 *   box.add(frame);  box.settle(seq);  await box.after(seq);  await box.save();  await box.remove();
 *   await outbox.entries();                        // what earlier pages left behind
 *
 * Frames lie in groups of a few seconds, one database row each: a day of 50 Hz is 17,000 rows and about 140 MB.
 */

import { Box, done, groupHeads } from "./live_box.js";

const NAME = "fitbalance-live";

/** IndexedDB if this place has it and lets us, else memory. Asks the browser not to throw the frames away. */
export async function openOutbox() {
  if (!globalThis.indexedDB) return new Outbox(null);
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "key" });
      request.result.createObjectStore("groups", { keyPath: ["key", "first"] });
    };
    const database = await done(request);
    navigator.storage?.persist?.().catch(() => false);
    return new Outbox(database);
  } catch {
    return new Outbox(null);
  }
}

export class Outbox {
  constructor(database = null) {
    this.database = database;
  }

  /** False where a reload loses what is not acknowledged. */
  get isKept() {
    return this.database !== null;
  }

  /** Entries of earlier pages, oldest first, each with `samples` that wait. */
  async entries() {
    if (!this.database) return [];
    const transaction = this.database.transaction(["entries", "groups"]);
    const [entries, groups] = await Promise.all([
      done(transaction.objectStore("entries").getAll()), groupHeads(transaction.objectStore("groups")),
    ]);
    for (const entry of entries) {
      entry.samples = groups.reduce((n, group) => (group.key === entry.key ? n + group.n : n), 0);
    }
    return entries.sort((a, b) => a.beganAt - b.beganAt);
  }

  /** { usage, quota } in bytes, or null where the browser does not tell. */
  async room() {
    const { usage, quota } = await (globalThis.navigator?.storage?.estimate?.() ?? {});
    return quota ? { usage, quota } : null;
  }

  /** The box of an entry, with what an earlier page left in it. */
  async box(entry) {
    const box = new Box(this.database, entry);
    await box.load();
    return box;
  }
}
