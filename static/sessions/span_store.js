/**
 * The labels of one recording: loaded, changed through the API with If-Match, and undone.
 * Changes are sent one after the other, so that fast keys never overtake themselves.
 *
 *   const store = new SpanStore(urls.spans, urls.spans_decide);
 *   store.onChange = (spans) => …;
 *   await store.load();
 *   await store.add({ start_s, end_s, label, state });   await store.change(id, { label });
 *   await store.remove(id);   await store.decide("confirmed");   await store.undo();
 */
import { request } from "../web/api.js";
import { gettext } from "../web/words.js";

export class SpanStore {
  #past = [];
  #aliases = new Map();
  #tail = Promise.resolve();

  constructor(url, decideUrl) {
    this.url = url;
    this.decideUrl = decideUrl;
    this.spans = [];
    this.onChange = () => {};
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** The last change, to tell it from later ones; null where nothing can be taken back. */
  get last() {
    return this.#past.at(-1) ?? null;
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
    while (this.#aliases.has(known)) known = this.#aliases.get(known);
    return known;
  }

  async load() {
    this.spans = await request(this.url);
    this.#told();
  }

  add(values) {
    return this.#inTurn(async () => {
      const span = await this.#create(values);
      this.#past.push({ what: gettext("Undone: label added."), back: () => this.#delete(span.id) });
      this.#told();
      return span;
    });
  }

  change(id, changes) {
    return this.#inTurn(async () => {
      const before = this.find(id);
      if (!before) return null;
      const old = Object.fromEntries(Object.keys(changes).map((key) => [key, before[key]]));
      const span = await this.#patch(id, changes);
      this.#past.push({ what: gettext("Undone: label changed."), back: () => this.#patch(id, old) });
      this.#told();
      return span;
    });
  }

  remove(id) {
    return this.#inTurn(async () => {
      const span = this.find(id);
      if (!span) return;
      await this.#delete(id);
      const { start_s, end_s, label, state } = span;
      this.#past.push({
        what: gettext("Undone: label deleted."),
        back: async () => this.#aliases.set(span.id, (await this.#create({ start_s, end_s, label, state })).id),
      });
      this.#told();
    });
  }

  /** Confirm or reject every proposal at once. */
  decide(state) {
    return this.#inTurn(async () => {
      const ids = this.proposed.map((span) => span.id);
      const known = new Map(this.spans.map((span) => [span.id, span.etag]));
      await request(this.decideUrl, { method: "POST", json: { state } });
      this.spans = await request(this.url);
      const isForeign = ({ id, etag }) => !ids.includes(id) && known.get(id) !== etag;
      if (this.spans.some(isForeign)) this.#past = []; // older steps would overwrite what somebody else did
      this.#past.push({
        what: state === "confirmed" ? gettext("Undone: labels confirmed.") : gettext("Undone: labels rejected."),
        back: async () => {
          for (const id of ids) if (this.find(id)) await this.#patch(id, { state: "proposed" });
        },
      });
      this.#told();
    });
  }

  /** Take the last change back; returns what it was, or null. */
  undo() {
    return this.#inTurn(async () => {
      const last = this.#past.pop();
      if (!last) return null;
      await last.back();
      this.#told();
      return last.what;
    });
  }

  #inTurn(work) {
    const mine = this.#tail.then(work);
    this.#tail = mine.catch(() => {});
    return mine;
  }

  async #create(values) {
    const span = await request(this.url, { method: "POST", json: values, idempotent: true });
    this.spans.push(span);
    return span;
  }

  async #patch(id, changes) {
    const before = this.find(id);
    const headers = { "If-Match": before.etag };
    const span = await this.#guarded(() => request(`${this.url}${before.id}/`, { method: "PATCH", json: changes, headers }));
    this.spans = this.spans.map((one) => (one.id === span.id ? span : one));
    return span;
  }

  async #delete(id) {
    const span = this.find(id);
    if (!span) return;
    await this.#guarded(() => request(`${this.url}${span.id}/`, { method: "DELETE", headers: { "If-Match": span.etag } }));
    this.spans = this.spans.filter((one) => one.id !== span.id);
  }

  /** After a refusal (changed or deleted by somebody else) the labels are loaded again. */
  async #guarded(send) {
    try {
      return await send();
    } catch (error) {
      if (error.status === 412 || error.status === 404) {
        this.#past = []; // with the labels loaded afresh, older steps would overwrite what somebody else did
        await this.load();
      }
      throw error;
    }
  }

  #told() {
    this.spans.sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s);
    this.onChange(this.spans);
  }
}
