/**
 * Sets that are to be sent: kept on this device until the site has them, sent once each.
 *
 *   const box = await openBox("/api/v1/form-reports/mirror/", "17");      17: whose sets; others' stay where they are
 *   await box.put({ id, workout, exercise, aspect, startedAt, data });    data: Float32Array of `packed`
 *   const left = await box.send(onSent);      how many could not be sent; they stay and go with the next call
 */
import { Problem, request } from "../web/api.js";

const NAME = "fitbalance-mirror";
const done = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

export async function openBox(url, owner) {
  try {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("sets", { keyPath: "id" });
    return new Box(url, owner, await done(asked));
  } catch {
    return new Box(url, owner, null);
  }
}

class Box {
  constructor(url, owner, database) {
    Object.assign(this, { url, owner, database, memory: new Map() });
  }

  store(mode) {
    return this.database.transaction("sets", mode).objectStore("sets");
  }

  async put(given) {
    const one = { ...given, owner: this.owner };
    if (this.database) await done(this.store("readwrite").put(one));
    else this.memory.set(one.id, one);
  }

  async all() {
    const kept = this.database ? await done(this.store("readonly").getAll()) : [...this.memory.values()];
    return kept.filter((one) => one.owner === this.owner);
  }

  async remove(id) {
    if (this.database) await done(this.store("readwrite").delete(id));
    else this.memory.delete(id);
  }

  async send(onSent) {
    let left = 0;
    for (const one of await this.all()) {
      const { id, workout, exercise, aspect, startedAt, data } = one;
      const query = new URLSearchParams({ id, workout, exercise, aspect, started_at: startedAt });
      try {
        const report = await request(`${this.url}?${query}`, {
          method: "POST", body: new Uint8Array(data.buffer), headers: { "Content-Type": "application/octet-stream" },
        });
        await this.remove(id);
        onSent(id, report, "");
      } catch (error) {
        const isFinal = error instanceof Problem && !error.transient && ![401, 403].includes(error.status);
        if (isFinal) await this.remove(id);
        else left += 1;
        onSent(id, null, error.message);
      }
    }
    return left;
  }
}
