/** The frames of one live stream in memory and in IndexedDB; see live_outbox.js. */

const GROUP_SAMPLES = 250;
const WRITE_AFTER_MS = 250;
const GROUPS_IN_MEMORY = 40;
const MOST_ON_DISK = 5_000_000;
const MOST_IN_MEMORY = 500_000;

/** The result of an IndexedDB request. */
export const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const committed = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = transaction.onerror = () => reject(transaction.error);
});

/** What lies on the disk, without the frames themselves. */
export function groupHeads(store, range) {
  return new Promise((resolve, reject) => {
    const heads = [];
    const request = store.openCursor(range);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(heads);
      const { key, first, last, n } = cursor.value;
      heads.push({ key, first, last, n, frames: null, isStored: true, isDirty: false });
      return cursor.continue();
    };
  });
}

/** The frames of one stream, oldest first, in groups { first, last, n, frames or null when only on disk }. */
export class Box {
  constructor(database, entry) {
    Object.assign(this, { database, entry, groups: [], settled: -1, timer: null, writing: Promise.resolve() });
    this.onTrouble = () => {};
  }

  async load() {
    if (!this.database) return;
    const range = IDBKeyRange.bound([this.entry.key, 0], [this.entry.key, Infinity]);
    this.groups = await groupHeads(this.database.transaction("groups").objectStore("groups"), range);
  }

  get samples() {
    return this.groups.reduce((n, group) => n + group.n, 0);
  }

  /** True when no more samples can be kept: a day of 50 Hz on disk, three hours in memory. */
  get isFull() {
    return this.samples > (this.database && !this.isTroubled ? MOST_ON_DISK : MOST_IN_MEMORY);
  }

  /** The newest number in here, or -1. */
  get last() {
    return this.groups.at(-1)?.last ?? -1;
  }

  add(frame) {
    let group = this.groups.at(-1);
    if (!group?.frames || group.n >= GROUP_SAMPLES) {
      group = { first: frame.seq, last: frame.seq, n: 0, frames: [], isStored: false, isDirty: true };
      this.groups.push(group);
    }
    group.frames.push({ ...frame, at: performance.now() });
    group.last = frame.seq;
    group.n += frame.t.length;
    group.isDirty = true;
    if (this.database) this.timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
  }

  /** Everything up to this number is stored by the server. */
  settle(seq) {
    this.settled = Math.max(this.settled, seq);
    const over = [];
    while (this.groups.length && this.groups[0].last <= seq) over.push(this.groups.shift());
    const [group] = this.groups;
    if (group?.frames && group.frames[0].seq <= seq) {
      group.frames = group.frames.filter((frame) => frame.seq > seq);
      group.n = group.frames.reduce((n, frame) => n + frame.t.length, 0);
    }
    if (this.database && over.some((one) => one.isStored)) {
      const range = IDBKeyRange.bound([this.entry.key, 0], [this.entry.key, over.at(-1).first]);
      this.queue(["groups"], (stores) => stores.groups.delete(range));
    }
  }

  /** Frames after this number, of one group: a few seconds at most. */
  async after(seq) {
    const group = this.groups.find((one) => one.last > seq);
    if (!group) return [];
    if (!group.frames) {
      await this.writing;
      const row = await done(this.database.transaction("groups").objectStore("groups").get([this.entry.key, group.first]));
      group.frames ??= (row?.frames ?? []).filter((frame) => frame.seq > this.settled);
    }
    return group.frames.filter((frame) => frame.seq > seq);
  }

  /** Write the entry itself. */
  save() {
    if (!this.database) return Promise.resolve();
    return this.queue(["entries"], (stores) => stores.entries.put(structuredClone(this.entry)));
  }

  /** Write what is not acknowledged for a while (or at all); old groups leave the memory once they lie on disk. */
  write({ atOnce = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.database) return Promise.resolve();
    const waiting = this.groups.filter((group) => group.isDirty && group.frames?.length);
    const dirty = waiting.filter((group) => atOnce || group.frames[0].at <= performance.now() - WRITE_AFTER_MS);
    if (dirty.length < waiting.length) this.timer = setTimeout(() => this.write(), WRITE_AFTER_MS);
    if (!dirty.length) return this.writing;
    dirty.forEach((group) => Object.assign(group, { isDirty: false, isStored: true }));
    const rows = dirty.map(({ first, last, n, frames }) => ({ key: this.entry.key, first, last, n, frames }));
    return this.queue(["groups"], (stores) => rows.forEach((row) => stores.groups.put(row))).then((isWritten) => {
      if (!isWritten) dirty.forEach((group) => { group.isDirty = true; });
      this.groups.slice(1, -GROUPS_IN_MEMORY).forEach((group) => { if (!group.isDirty && group.isStored) group.frames = null; });
    });
  }

  /** Forget the entry and its frames. */
  remove() {
    clearTimeout(this.timer);
    this.groups = [];
    if (!this.database) return Promise.resolve();
    const { key } = this.entry;
    return this.queue(["entries", "groups"], (stores) => {
      stores.entries.delete(key);
      stores.groups.delete(IDBKeyRange.bound([key, 0], [key, Infinity]));
    });
  }

  /** One transaction after the other. A full disk is told, not thrown: the frames stay in memory. */
  queue(names, work) {
    this.writing = this.writing.then(async () => {
      try {
        const transaction = this.database.transaction(names, "readwrite");
        work(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
        await committed(transaction);
        this.isTroubled = false;
        return true;
      } catch (error) {
        this.isTroubled = true;
        this.onTrouble(error);
        return false;
      }
    });
    return this.writing;
  }
}
