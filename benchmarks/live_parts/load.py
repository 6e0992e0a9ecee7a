"""Many athletes with real sockets, in a process of their own: `python -m benchmarks.live_parts.load`.

The first line of its input is the plan as JSON; then one command a line, each answered with one line:
`connect N` (N athletes are streaming), `measure SECONDS` (figures of that time), `end`.

It is as light as it can be: frames are encoded and masked once for everybody, answers are looked at by their first
bytes only. It reports its own processor time and how late it was itself, so that it can be told from the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAGIC_HEADER = struct.Struct("<4sIQ")
MASK = b"\x5a\xc3\x17\x8e"
CONNECT_TOGETHER = 8
RATE_HZ = 50.0
N_CHANNELS = 5
ACK, RESULT, SEQ = b'{"event":"ack"', b'{"event":"classification_result"', b'"seq":'
EXPECTED = tuple(
    f'{{"event":"{event}"'.encode() for event in ("collecting", "rest", "repetitions", "sensor_check", "model")
)


@dataclass(frozen=True)
class Plan:
    """Where to connect, as whom, and how samples are cut into frames; `kind` is "live" or "plain"."""

    port: int
    athletes: list[list[str]]
    frame_samples: int = 10
    stride: int | None = None
    seconds: float = 180.0
    kind: str = "live"
    jitter: float = 0.0
    """How far a time stamp lies from an even 50 Hz at most, as a share of a step."""


@dataclass
class Figures:
    """What was seen while measuring; times in seconds."""

    acks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    n_sent: int = 0
    n_bad: int = 0


def mask_frame(opcode: int, payload: bytes) -> bytes:
    """One masked client frame."""
    n = len(payload)
    head = bytes([0x80 | opcode])
    head += bytes([0x80 | n]) if n < 126 else struct.pack("!BH", 0xFE, n)
    key = np.frombuffer((MASK * (n // 4 + 1))[:n], np.uint8)
    return head + MASK + (np.frombuffer(payload, np.uint8) ^ key).tobytes()


def encode_frames(plan: Plan) -> list[bytes]:
    """Every frame of one athlete, ready for the wire; all athletes send the same movement."""
    n, rng = plan.frame_samples, np.random.default_rng(0)
    n_frames = int(plan.seconds * RATE_HZ / n)
    phase, speed = rng.uniform(0, 6, N_CHANNELS), rng.uniform(0.5, 3, N_CHANNELS)
    frames = []
    for seq in range(n_frames):
        t = (np.arange(seq * n, seq * n + n) + rng.uniform(-plan.jitter, plan.jitter, n)) / RATE_HZ
        values = np.sin(t[:, None] * speed + phase) + rng.normal(0, 0.05, (n, N_CHANNELS))
        if plan.kind == "plain":
            data = {"seq": seq, "values": values[0].round(4).tolist()}
            frames.append(mask_frame(1, json.dumps({"event": "sensor_data", "data": data}).encode()))
        else:
            body = t.astype("<f8").tobytes() + values.astype("<f4").tobytes()
            frames.append(mask_frame(2, MAGIC_HEADER.pack(b"FBS1", n, seq) + body))
    return frames


class Athlete(asyncio.Protocol):
    """One connection: shakes hands, says hello, sends what the pacer tells it to, notes what comes back."""

    __slots__ = ("buffer", "code", "head", "is_measured", "n_sent", "phase", "plan", "ready", "sent_at", "skipped",
                 "stage", "transport", "load")

    def __init__(self, load: Load, path: str, token: str) -> None:
        self.load = load
        key = base64.b64encode(os.urandom(16)).decode()
        self.head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{load.plan.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self.buffer = b""
        self.stage = "handshake"
        self.sent_at: list[float] = []
        self.n_sent = 0
        self.skipped = 0
        self.phase = 0.0
        self.code: int | None = None
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.head)

    def connection_lost(self, error: Exception | None) -> None:
        self.stage = "lost"
        self.load.lost(self)
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"lost before hello ({self.code})"))

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if self.buffer:
            data = self.buffer + data
        at, size = 0, len(data)
        if self.stage == "handshake":
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.code = int(data[9:12])
                self.transport.close()
                return
            at = end + 4
            self._hello()
        while size - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                head = 4
                if size - at < 4:
                    break
                length = (data[at + 2] << 8) | data[at + 3]
            elif length == 127:
                head = 10
                if size - at < 10:
                    break
                length = int.from_bytes(data[at + 2 : at + 10], "big")
            if size - at < head + length:
                break
            self._frame(data[at] & 15, data, at + head, at + head + length, now)
            at += head + length
        self.buffer = data[at:] if at < size else b""

    def send_next(self) -> None:
        """The next frame of the movement."""
        frames = self.load.frames
        if self.stage == "streaming" and self.n_sent < len(frames):
            self.sent_at.append(time.perf_counter())
            self.transport.write(frames[self.n_sent])
            self.n_sent += 1

    def _hello(self) -> None:
        if self.load.plan.kind == "plain":
            self._streaming()
            return
        self.stage = "hello"
        hello: dict[str, Any] = {"layout": "flextail", "rate_hz": RATE_HZ}
        if self.load.plan.stride:
            hello["stride"] = self.load.plan.stride
        self.transport.write(mask_frame(1, json.dumps({"event": "hello", "data": hello}).encode()))

    def _streaming(self) -> None:
        self.stage = "streaming"
        self.ready.set_result(None)

    def _frame(self, opcode: int, data: bytes, begin: int, end: int, now: float) -> None:
        if opcode == 1:
            figures = self.load.figures
            if data.startswith(ACK, begin):
                if figures is not None:
                    figures.acks.append(now - self.sent_at[self._seq(data, begin)])
            elif data.startswith(RESULT, begin):
                if figures is not None:
                    figures.answers.append(now - self.sent_at[self._seq(data, begin)])
                at = data.find(b'"skipped":', begin, end)
                if at >= 0:
                    self.skipped = int(data[at + 10 : end].rstrip(b"}").split(b",")[0])
            elif data.startswith(b'{"event":"hello"', begin) and self.stage == "hello":
                self._streaming()
            elif not data.startswith(EXPECTED, begin):
                self.load.n_bad += 1
                if self.load.n_bad < 5:
                    print(data[begin:end][:300], file=sys.stderr, flush=True)
        elif opcode == 9:
            self.transport.write(mask_frame(10, data[begin:end]))
        elif opcode == 8:
            self.code = int.from_bytes(data[begin : begin + 2], "big")
            self.transport.close()

    @staticmethod
    def _seq(data: bytes, begin: int) -> int:
        at = data.index(SEQ, begin) + len(SEQ)
        end = at
        while 48 <= data[end] <= 57:
            end += 1
        return int(data[at:end])


class Load:
    """All athletes of this process and the pacer that makes them send evenly."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.frames = encode_frames(plan)
        self.athletes: list[Athlete] = []
        self.figures: Figures | None = None
        self.n_bad = 0
        self.codes: dict[str, int] = {}
        self.frame_s = plan.frame_samples / RATE_HZ
        self._order: list[Athlete] = []
        self._rng = np.random.default_rng(1)

    def lost(self, athlete: Athlete) -> None:
        self.codes[str(athlete.code)] = self.codes.get(str(athlete.code), 0) + 1

    async def connect(self, n: int) -> float:
        """Let athletes join until n are there; seconds it took."""
        began = time.perf_counter()
        gate = asyncio.Semaphore(CONNECT_TOGETHER)
        loop = asyncio.get_running_loop()

        async def one(path: str, token: str) -> None:
            async with gate:
                made = await loop.create_connection(lambda: Athlete(self, path, token), "127.0.0.1", self.plan.port)
                athlete = made[1]
                await asyncio.wait_for(athlete.ready, 120)
                athlete.phase = float(self._rng.uniform(0, self.frame_s))
                self.athletes.append(athlete)

        await asyncio.gather(*(one(*who) for who in self.plan.athletes[len(self.athletes) : n]))
        return time.perf_counter() - began

    async def pace(self) -> None:
        """Send each athlete's frames at its own moment of every frame time."""
        base = time.perf_counter()
        while True:
            order = sorted(self.athletes, key=lambda athlete: athlete.phase)
            for athlete in order:
                due = base + athlete.phase
                wait = due - time.perf_counter()
                if wait > 0.0005:
                    await asyncio.sleep(wait)
                elif self.figures is not None:
                    self.figures.late.append(-wait)
                athlete.send_next()
            base += self.frame_s
            await asyncio.sleep(max(0.0, base - time.perf_counter()))

    async def measure(self, seconds: float) -> dict[str, Any]:
        """Figures of the next seconds."""
        skipped, sent = sum(a.skipped for a in self.athletes), sum(a.n_sent for a in self.athletes)
        self.figures, cpu = Figures(), time.process_time()
        await asyncio.sleep(seconds)
        figures, self.figures = self.figures, None
        cpu = time.process_time() - cpu
        n_skipped = sum(a.skipped for a in self.athletes) - skipped
        n_answers = len(figures.answers)
        return {
            "streaming": sum(a.stage == "streaming" for a in self.athletes),
            "lost": self.codes, "unexpected": self.n_bad,
            "frames_per_s": round((sum(a.n_sent for a in self.athletes) - sent) / seconds, 1),
            "acks_per_s": round(len(figures.acks) / seconds, 1),
            "answers_per_s": round(n_answers / seconds, 1),
            "skipped_per_s": round(n_skipped / seconds, 1),
            "skipped_share": round(n_skipped / max(1, n_skipped + n_answers), 4),
            **percentiles("", figures.answers), **percentiles("ack_", figures.acks),
            **percentiles("generator_late_", figures.late), "generator_cpu": round(cpu / seconds, 3),
        }


def percentiles(name: str, seconds: list[float]) -> dict[str, float | None]:
    """p50, p95, p99 and the largest, in milliseconds."""
    if not seconds:
        return {f"{name}{which}_ms": None for which in ("p50", "p95", "p99", "max")}
    values = np.percentile(np.array(seconds) * 1e3, [50, 95, 99, 100]).round(1).tolist()
    return dict(zip((f"{name}{which}_ms" for which in ("p50", "p95", "p99", "max")), values, strict=True))


async def run() -> None:
    """Obey the commands on standard input."""
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    load = Load(Plan(**json.loads(await reader.readline())))
    pacer = asyncio.ensure_future(load.pace())
    while line := (await reader.readline()).decode().split():
        answer: Any = None
        if line[0] == "connect":
            answer = await load.connect(int(line[1]))
        elif line[0] == "measure":
            answer = await load.measure(float(line[1]))
        print(json.dumps(answer), flush=True)
        if pacer.done():
            await pacer


if __name__ == "__main__":
    asyncio.run(run())
