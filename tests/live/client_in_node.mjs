// Runs static/sessions/live_client.js without a browser: a small server in its place stores frames, acknowledges late and
// cuts the line once. Prints what is stored as JSON. The folder of the modules is the first argument.
const rows = new Map(); let conns = 0, cut = false;
globalThis.fetch = async () => ({ ok: true, status: 201, json: async () => ({ id: "w" }) });
globalThis.WebSocket = class extends EventTarget {
  constructor() { super(); this.readyState = 0; conns += 1; setTimeout(() => { this.readyState = 1; this.dispatchEvent(new Event("open")); }, 5); }
  tell(event, data) { const e = new Event("message"); e.data = JSON.stringify({ event, data }); setTimeout(() => { if (this.readyState === 1) this.dispatchEvent(e); }, 10); }
  send(x) {
    if (typeof x === "string") {
      const { event } = JSON.parse(x);
      const last = [...rows.keys()].sort((a, b) => b - a)[0] ?? null;
      if (event === "hello") this.tell("hello", { stream: "s", last_seq: last, limits: { samples_per_s: 100, catch_up_samples: conns > 1 ? 5000 : 0, catch_up_per_s: 2000 } });
      if (event === "finish") this.tell("finished", { job: "j" });
      return;
    }
    const v = new DataView(x), n = v.getUint32(4, true), seq = Number(v.getBigUint64(8, true));
    const t = [...new Float64Array(x.slice(16, 16 + 8 * n))];
    rows.set(seq, t);
    if (rows.size === 6 && !cut) { cut = true; this.readyState = 3; const e = new Event("close"); e.code = 1006; setTimeout(() => this.dispatchEvent(e), 1); return; }
    this.tell("ack", { seq });
  }
  close() {
    this.readyState = 3;
  }
};
const { LiveClient } = await import(`${process.argv[2]}/live_client.js`);
const states = [];
await new Promise((done) => {
  LiveClient.begin({
    site: "http://x", token: "t", hello: { rate_hz: 50 },
    onState: (state) => { states.push(state); if (state === "closed") done(); },
  }).then(async (client) => {
    for (let at = 0; at < 1000; at += 5) {
      client.send([0, 1, 2, 3, 4].map((n) => (at + n) / 50), Array(5).fill([1, 2, 3, 4, 5]));
      if (at < 100) await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    client.finish();
  });
});
const t = [...rows.entries()].sort((a, b) => a[0] - b[0]).flatMap(([, times]) => times);
console.log(JSON.stringify({ states, t, frames: rows.size, connections: conns }));
process.exit(0);
