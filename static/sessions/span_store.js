/**
 * The labels of one recording: loaded, changed through the API with If-Match, and undone.
 *
 *   const store = new SpanStore(urls.spans, urls.spans_decide);
 *   store.onChange = (spans) => …;
 *   await store.load();
 *   await store.add({ start_s, end_s, label, state });   await store.change(id, { label });
 *   await store.remove(id);   await store.decide("confirmed");   await store.undo();
 */
import { request } from "../web/api.js";

export class SpanStore {
  constructor(url, decideUrl) {
    this.url = url;
    this.decideUrl = decideUrl;
    this.spans = [];
    this.past = [];
    this.aliases = new Map();
    this.onChange = () => {};
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get proposed() {
    return this.spans.filter((span) => span.state === "proposed");
  }

  find(id) {
    return this.spans.find((span) => span.id === this.current(id));
  }

  /** A label that was deleted and brought back has a new id. */
  current(id) {
    let known = id;
    while (this.aliases.has(known)) known = this.aliases.get(known);
    return known;
  }

  async load() {
    this.spans = await request(this.url);
    this.told();
  }

  async add(values, { remember = true } = {}) {
    const span = await request(this.url, { method: "POST", json: values, idempotent: true });
    this.spans.push(span);
    if (remember) this.past.push({ what: "Label added", back: () => this.remove(span.id, { remember: false }) });
    this.told();
    return span;
  }

  async change(id, changes, { remember = true } = {}) {
    const before = this.find(id);
    const span = await this.guarded(() => request(`${this.url}${before.id}/`, {
      method: "PATCH", json: changes, headers: { "If-Match": before.etag },
    }));
    this.spans = this.spans.map((one) => (one.id === span.id ? span : one));
    if (remember) {
      const old = Object.fromEntries(Object.keys(changes).map((key) => [key, before[key]]));
      this.past.push({ what: "Label changed", back: () => this.change(before.id, old, { remember: false }) });
    }
    this.told();
    return span;
  }

  async remove(id, { remember = true } = {}) {
    const span = this.find(id);
    await this.guarded(() => request(`${this.url}${span.id}/`, {
      method: "DELETE", headers: { "If-Match": span.etag },
    }));
    this.spans = this.spans.filter((one) => one.id !== span.id);
    if (remember) {
      const { start_s, end_s, label, state } = span;
      this.past.push({
        what: "Label deleted",
        back: async () => {
          const again = await this.add({ start_s, end_s, label, state }, { remember: false });
          this.aliases.set(span.id, again.id);
        },
      });
    }
    this.told();
  }

  /** Confirm or reject every proposal at once. */
  async decide(state) {
    const ids = this.proposed.map((span) => span.id);
    await request(this.decideUrl, { method: "POST", json: { state } });
    await this.load();
    this.past.push({
      what: state === "confirmed" ? "Proposals confirmed" : "Proposals rejected",
      back: async () => {
        for (const id of ids) if (this.find(id)) await this.change(id, { state: "proposed" }, { remember: false });
      },
    });
    this.told();
  }

  /** Take the last change back; returns what it was, or null. */
  async undo() {
    const last = this.past.pop();
    if (!last) return null;
    await last.back();
    this.told();
    return last.what;
  }

  async guarded(send) {
    try {
      return await send();
    } catch (error) {
      if (error.status === 412 || error.status === 404) await this.load();
      throw error;
    }
  }

  told() {
    this.spans.sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s);
    this.onChange(this.spans);
  }
}
