/**
 * Poses to the site, answers back, over one websocket. Poses are all that is sent: see docs/videos.md for the format.
 *
 *   const line = new LiveLine(path, { hello: { model, smoothing, width, height }, onMessage({ event, data }), onState(state) });
 *   line.send(t, pose);   line.close();
 *
 * States: "connecting", "open", "lost" (it comes back by itself), "closed" (the site ended it; line.code says why).
 * A frame that does not fit through while the line is slow, or lost, is not kept: an old pose is of no use.
 */
const MAGIC = 0x31504246; // "FBP1", little-endian
const [HEADER, POINTS, VALUES] = [8, 33, 4];
const MOST_WAITING = 64 * 1024;
const FINAL = new Set([4400, 4403, 4404, 4429]);
const [FIRST_PAUSE_MS, LAST_PAUSE_MS] = [500, 8000];

/** One frame in binary; nobody in view is NaN. */
export function encodePose(t, pose) {
  const data = new DataView(new ArrayBuffer(HEADER + 8 + 4 * POINTS * VALUES));
  data.setUint32(0, MAGIC, true);
  data.setUint32(4, 1, true);
  data.setFloat64(HEADER, t, true);
  for (let n = 0, at = HEADER + 8; n < POINTS; n += 1) {
    const { x = NaN, y = NaN, z = NaN, visibility = NaN } = pose?.[n] ?? {};
    for (const value of [x, y, z, visibility]) { data.setFloat32(at, value, true); at += 4; }
  }
  return data.buffer;
}

export class LiveLine {
  constructor(path, { hello, onMessage, onState }) {
    Object.assign(this, { path, hello, onMessage, onState, unsent: 0, code: null, pause: FIRST_PAUSE_MS, isOver: false, isGreeted: false });
    this.connect();
  }

  connect() {
    this.onState("connecting");
    const socket = new WebSocket(new URL(this.path, location.href.replace(/^http/, "ws")));
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ event: "hello", data: this.hello }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.event === "hello") {
        Object.assign(this, { isGreeted: true, pause: FIRST_PAUSE_MS });
        this.onState("open");
      }
      this.onMessage(message);
    };
    socket.onclose = ({ code }) => {
      this.isGreeted = false;
      this.code = code;
      if (this.isOver) return;
      if (FINAL.has(code)) {
        this.isOver = true;
        this.onState("closed");
        return;
      }
      this.onState("lost");
      this.timer = setTimeout(() => this.connect(), this.pause);
      this.pause = Math.min(2 * this.pause, LAST_PAUSE_MS);
    };
  }

  send(t, pose) {
    if (!this.isGreeted || this.socket.bufferedAmount > MOST_WAITING) {
      this.unsent += 1;
      return false;
    }
    this.socket.send(encodePose(t, pose));
    return true;
  }

  close() {
    this.isOver = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
