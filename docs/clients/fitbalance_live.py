#!/usr/bin/env python3
"""Stream sensor samples to FitBalance and read what they show.

One file, Python 3.11 or newer, `pip install websockets`. As a program:

    python fitbalance_live.py --site https://fit.example --token fb_… squats.csv

In a program of yours:

    async with LiveClient("https://fit.example", "fb_…", layout="flextail", rate_hz=50, outbox="spine.db") as client:
        client.send(t, values)              # seconds, one row of values per sample; numbers itself, never waits
        async for event, data in client:    # "classification_result", "ack", "repetition" …
            ...
        job = await client.finish()         # everything is stored; the job makes the recording

Frames are kept until the server has acknowledged them, in the SQLite file `outbox` or in memory. After a lost
connection, a restart of the server or of this program, or a day offline, they are sent from where the server stopped:
none is lost and none is stored twice. The protocol stands beside this file (live.md).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import sqlite3
import struct
import sys
import time
import urllib.error
import urllib.request
import uuid
from array import array
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

FINAL_CODES = {4400, 4403, 4404, 4409}
MAX_AGE_S = 7 * 24 * 3600.0
MERGED_SAMPLES = 250
MOST_IN_FLIGHT = 500
CATCH_UP_SHARE, NORMAL_SHARE = 0.7, 0.8
MESSAGES_PER_S = 100
SLACK_S = 0.25
DEAF_AFTER_S = 8.0
COMMIT_EVERY_S = 0.25
RESTART_GAP = 100_000


class StreamRefused(Exception):
    """The server ended the stream for good. `code` is the close code (or HTTP status); unsent frames stay kept."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code


class Outbox:
    """Frames without acknowledgement, and what must be known to go on. `path` None keeps them in memory only."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._base = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);"
            "CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, n INTEGER, t BLOB, x BLOB);"
        )
        self._committed_at = time.monotonic()
        self._base.execute("BEGIN")
        rows = self._base.execute("SELECT COUNT(*), COALESCE(SUM(n), 0) FROM frames").fetchone()
        self.n_frames, self.n_samples = int(rows[0]), int(rows[1])

    def fact(self, name: str) -> Any:
        row = self._base.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, **facts: Any) -> None:
        rows = [(name, json.dumps(value)) for name, value in facts.items()]
        self._base.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)
        self.commit()

    def add(self, seq: int, n: int, t: bytes, x: bytes) -> None:
        self._base.execute("INSERT INTO frames VALUES (?, ?, ?, ?)", (seq, n, t, x))
        self.n_frames, self.n_samples = self.n_frames + 1, self.n_samples + n
        if time.monotonic() - self._committed_at > COMMIT_EVERY_S:
            self.commit()

    def settle(self, seq: int) -> None:
        """Everything up to `seq` is stored by the server."""
        gone = self._base.execute("SELECT COUNT(*), COALESCE(SUM(n), 0) FROM frames WHERE seq <= ?", (seq,)).fetchone()
        if gone[0]:
            self._base.execute("DELETE FROM frames WHERE seq <= ?", (seq,))
            self._base.execute("INSERT OR REPLACE INTO facts VALUES ('settled', ?)", (str(seq),))
            self.n_frames, self.n_samples = self.n_frames - gone[0], self.n_samples - gone[1]

    def after(self, seq: int, limit: int = 50) -> list[tuple[int, int, bytes, bytes]]:
        """(seq, number of samples, times, values) of the oldest frames after `seq`."""
        sql = "SELECT seq, n, t, x FROM frames WHERE seq > ? ORDER BY seq LIMIT ?"
        return self._base.execute(sql, (seq, limit)).fetchall()

    def next_seq(self) -> int:
        """A number that was never used. Numbers need only rise: after a restart a gap covers what was not written."""
        used = self._base.execute("SELECT COALESCE(MAX(seq), -1) FROM frames").fetchone()[0]
        used = max(used, self.fact("settled") or -1)
        return 0 if used < 0 and self.fact("stream") is None else int(used) + RESTART_GAP

    def clear(self) -> None:
        """The stream is stored: the next one begins anew."""
        self._base.execute("DELETE FROM frames")
        self._base.execute("DELETE FROM facts")
        self.n_frames = self.n_samples = 0
        self.commit()

    def commit(self) -> None:
        self._base.execute("COMMIT")
        self._base.execute("BEGIN")
        self._committed_at = time.monotonic()

    def close(self) -> None:
        self.commit()
        self._base.close()


class LiveClient:
    """One stream of one sensor into one workout. Made and used in one event loop."""

    def __init__(
        self, site: str, token: str, *, session: str | None = None, title: str = "", layout: str = "flextail",
        rate_hz: float = 50.0, source: str = "sensor", outbox: str | Path | None = None, **hello: Any,
    ) -> None:
        """`session`: a workout to stream into (else one is made). `hello`: further fields, as in live.md."""
        self.site, self.token = site.rstrip("/"), token
        self.hello = {"layout": layout, "rate_hz": rate_hz, "source": source, **hello}
        self.outbox = Outbox(outbox)
        self.session: str | None = session or self.outbox.fact("session")
        self.stream: str | None = self.outbox.fact("stream")
        self.key: str = self.outbox.fact("key") or uuid.uuid4().hex
        self.began_at: float | None = self.outbox.fact("began_at")
        self.next_seq = self.outbox.next_seq()
        self.outbox.keep(key=self.key, session=self.session)
        self.is_open = False
        self.acknowledged = -1
        self.n_connections = 0
        self._ever_sent = -1
        self._start = {"title": title, "source": source}
        self._messages: deque[tuple[str, Any]] = deque(maxlen=10_000)
        self._news, self._wake, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_finishing = False
        self._job: Any = None
        self._refused: StreamRefused | None = None
        self._task: asyncio.Task[None] | None = None
        self._line: Line | None = None

    async def __aenter__(self) -> LiveClient:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leaves without ending the stream: what is not acknowledged stays in the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.outbox.close()

    # -- what a program calls --------------------------------------------------------------------------

    def send(self, t: Sequence[float], values: Iterable[Sequence[float]]) -> int:
        """Number, keep and send samples; `t` in rising seconds of your clock. Returns the number of the frame."""
        if self.began_at is None:
            self.began_at = time.time()
            self.outbox.keep(began_at=self.began_at)
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        self.outbox.add(seq, len(t), _bytes("d", t), _bytes("f", [value for row in values for value in row]))
        self._wake.set()
        return seq

    async def __aiter__(self) -> AsyncIterator[tuple[str, Any]]:
        """(event, data) of every message of the server, until the stream is over. Raises StreamRefused."""
        while True:
            while self._messages:
                yield self._messages.popleft()
            if self._over.is_set():
                self._check()
                return
            self._news.clear()
            await self._news.wait()

    async def settled(self) -> None:
        """Wait until every frame is acknowledged. Raises StreamRefused."""
        while self.outbox.n_frames and not self._over.is_set():
            self._news.clear()
            await self._news.wait()
        self._check()

    async def finish(self) -> Any:
        """End the stream when everything is sent; returns {"stream", "job", "status_url"}. Raises StreamRefused."""
        self._is_finishing = True
        self._wake.set()
        await self._over.wait()
        self._check()
        return self._job

    def _check(self) -> None:
        if self._refused is not None:
            raise self._refused

    # -- the connection --------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect again and again until the stream is over."""
        self._failures, share = 0, CATCH_UP_SHARE
        while not self._over.is_set():
            try:
                await self._workout()
                await self._talk(share)
            except StreamRefused as refused:
                self._refused = refused
                break
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else 1006
                if code in FINAL_CODES and not (code == 4404 and self._forgotten):
                    self._refused = StreamRefused(code, closed.rcvd.reason if closed.rcvd else "")
                    break
                share = max(0.05, share / 2) if code == 4429 else share
            except InvalidStatus as refused:
                if refused.response.status_code in (401, 403, 404):
                    self._refused = StreamRefused(refused.response.status_code, "The token opens nothing here.")
                    break
            except (TimeoutError, OSError, WebSocketException):
                pass
            self.is_open = False
            if not self._over.is_set():
                await asyncio.sleep(pause_s(self._failures))
                self._failures += 1
        self.is_open = False
        self._over.set()
        self._news.set()

    async def _workout(self) -> None:
        """Make the workout to stream into; the key makes a repeated request give the same one."""
        if self.session is None:
            headers = {
                "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                "Idempotency-Key": self.key,
            }
            request = urllib.request.Request(  # noqa: S310
                f"{self.site}/api/v1/live/sessions/", json.dumps(self._start).encode(), headers, method="POST"
            )
            self.session = await asyncio.to_thread(_post, request)
            self.outbox.keep(session=self.session)

    async def _talk(self, share: float) -> None:
        """One connection, from hello to its end."""
        self._forgotten, self._line = False, None
        address = f"ws{self.site.removeprefix('http')}/ws/live/{self.session}/"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with connect(
            address, additional_headers=headers, compression=None, open_timeout=10, ping_interval=None, close_timeout=1
        ) as socket:
            age_s = 0.0 if self.began_at is None else min(MAX_AGE_S, max(0.0, time.time() - self.began_at))
            await _say(socket, "hello", {**self.hello, "stream": self.stream, "age_s": age_s})
            sender = None
            try:
                while True:
                    message = json.loads(await self._heard(socket))
                    event, data = message["event"], message.get("data") or {}
                    if event == "hello":
                        self._greeted(socket, data, share)
                        sender = asyncio.create_task(self._send_all())
                    elif event == "ack":
                        self._acknowledged(data["seq"])
                    elif event == "error" and data.get("code") == "unknown_stream":
                        self.stream, self._forgotten = None, True
                    elif event == "finished":
                        self._job = data
                        self.outbox.clear()
                        self._over.set()
                    self._messages.append((event, data))
                    self._news.set()
                    if self._over.is_set():
                        return
            finally:
                self.is_open = False
                self._ever_sent = max(self._ever_sent, self._line.ever_sent if self._line is not None else -1)
                if sender is not None:
                    sender.cancel()
                    await asyncio.gather(sender, return_exceptions=True)

    async def _heard(self, socket: ClientConnection) -> str | bytes:
        """The next message. A line that owes an answer and stays silent is dead: raises TimeoutError."""
        while True:
            try:
                async with asyncio.timeout(DEAF_AFTER_S):  # wait_for may lose a cancellation before Python 3.12
                    return await socket.recv()
            except TimeoutError:
                if self._line is None or self._line.is_deaf():
                    raise

    def _greeted(self, socket: ClientConnection, hello: dict[str, Any], share: float) -> None:
        stored = -1 if hello["last_seq"] is None else hello["last_seq"]
        self.stream, self.next_seq = hello["stream"], max(self.next_seq, stored + 1)
        self.outbox.settle(stored)
        self.outbox.keep(stream=self.stream)
        self._line = Line(socket, hello["limits"], stored, self._ever_sent, share)
        self.acknowledged = max(self.acknowledged, stored)
        self.is_open = True
        self.n_connections += 1

    def _acknowledged(self, seq: int) -> None:
        self._failures = 0
        self.acknowledged = max(self.acknowledged, seq)
        self.outbox.settle(seq)
        assert self._line is not None
        self._line.acknowledged(seq)
        self._wake.set()

    async def _send_all(self) -> None:
        """Send what waits, as far as pace and acknowledgements allow; then, if asked, finish."""
        line, is_told = self._line, False
        assert line is not None
        while True:
            self._wake.clear()
            frames = self.outbox.after(line.sent)
            if not frames and self._is_finishing and not is_told:
                is_told = True
                await _say(line.socket, "finish", {})
            if not frames or line.in_flight >= MOST_IN_FLIGHT:
                await self._wake.wait()
                continue
            await line.wait()
            await line.go(line.next(frames))


class Line:
    """The pace of one connection: what is new goes at once, what piled up goes merged and under the limits."""

    def __init__(
        self, socket: ClientConnection, limits: dict[str, Any], stored: int, ever_sent: int, share: float
    ) -> None:
        self.socket, self.sent, self.ever_sent = socket, stored, ever_sent
        self._limit, self._saved = limits["samples_per_s"], float(limits["catch_up_samples"])
        self._catch_up = max(share * limits["catch_up_per_s"], NORMAL_SHARE * self._limit)
        self._flying: deque[tuple[int, int]] = deque()
        self._due_at = self._went_at = time.monotonic()
        self._is_first = True
        self._heard_at = time.monotonic()
        self.in_flight = 0

    def is_deaf(self) -> bool:
        """Frames are on their way, and nothing came back for long."""
        return self.in_flight > 0 and time.monotonic() - self._heard_at > DEAF_AFTER_S

    def acknowledged(self, seq: int) -> None:
        self._heard_at = time.monotonic()
        while self._flying and self._flying[0][0] <= seq:
            self.in_flight -= self._flying.popleft()[1]

    async def wait(self) -> None:
        """Until the next frame may go."""
        ahead_s = self._due_at - time.monotonic() - SLACK_S
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)

    def next(self, frames: list[tuple[int, int, bytes, bytes]]) -> tuple[int, int, bytes, bytes]:
        """The oldest frame; several as one, under the number of the last, where none was on its way before."""
        if self._is_first or frames[0][0] <= self.ever_sent:
            return frames[0]
        n, some = 0, list[tuple[int, int, bytes, bytes]]()
        for frame in frames:
            if some and n + frame[1] > MERGED_SAMPLES:
                break
            some.append(frame)
            n += frame[1]
        return some[-1][0], n, b"".join(frame[2] for frame in some), b"".join(frame[3] for frame in some)

    async def go(self, frame: tuple[int, int, bytes, bytes]) -> None:
        seq, n, t, x = frame
        now = time.monotonic()
        self._saved = max(0.0, self._saved + self._limit / 2 * (now - self._went_at) - n)
        rate = self._catch_up if self._saved > 0 else NORMAL_SHARE * self._limit
        self._due_at = max(self._due_at, now) + max(n / rate, 1 / MESSAGES_PER_S)
        self._is_first, self.sent, self._went_at = False, seq, now
        self.ever_sent = max(self.ever_sent, seq)
        if not self._flying:
            self._heard_at = now
        self._flying.append((seq, n))
        self.in_flight += n
        await self.socket.send(struct.pack("<4sIQ", b"FBS1", n, seq) + t + x)


def pause_s(failures: int) -> float:
    """Soon, then every second (a server starts again in a few), after a while every half minute; never in step."""
    longest = 1.0 if failures < 20 else min(30.0, 2.0 ** min(failures - 20, 5))
    return min(longest, 0.25 * 2 ** min(failures, 7)) * random.uniform(0.5, 1.0)  # noqa: S311


async def _say(socket: ClientConnection, event: str, data: Any) -> None:
    await socket.send(json.dumps({"event": event, "data": data}))


def _bytes(kind: str, numbers: Iterable[float]) -> bytes:
    packed = array(kind, numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _post(request: urllib.request.Request) -> str:
    """The id of the workout. Raises StreamRefused, or OSError when it may go better later."""
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return str(json.load(answer)["id"])
    except urllib.error.HTTPError as error:
        if error.code in (408, 409, 429) or error.code >= 500:
            raise OSError(f"HTTP {error.code}") from error
        raise StreamRefused(error.code, error.read().decode(errors="replace")[:300]) from error


# -- the program ---------------------------------------------------------------------------------------


def read_csv(path: Path, rate_hz: float) -> tuple[list[float], list[list[float]]]:
    """Times in seconds and rows of values; a column t, time or timestamp gives the times, else the rate does."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    names = [name.strip().lower() for name in rows[0]]
    clock = next((names.index(name) for name in ("t", "time", "timestamp") if name in names), None)
    values = [[float(cell) for at, cell in enumerate(row) if at != clock] for row in rows[1:]]
    times = [n / rate_hz if clock is None else float(row[clock]) for n, row in enumerate(rows[1:])]
    return times, values


async def stream_file(options: argparse.Namespace) -> int:
    times, values = read_csv(options.file, options.rate_hz)
    rate_hz = (len(times) - 1) / max(times[-1] - times[0], 1e-9) * options.speed
    client = LiveClient(
        options.site, options.token, session=options.session, title=options.file.name, layout=options.layout,
        rate_hz=min(1000.0, rate_hz), source="file", outbox=options.outbox,
    )
    if client.outbox.fact("file") not in (None, str(options.file)):
        print(f"{options.outbox} still holds {client.outbox.fact('file')}: stream that first.", file=sys.stderr)
        return 1
    client.outbox.keep(file=str(options.file))
    async with client:

        async def play() -> Any:
            step = max(1, round(rate_hz / 10))
            first = min(client.outbox.fact("row") or 0, len(times) - 1)  # where an earlier run was ended
            begin = time.monotonic() - (times[first] - times[0]) / options.speed
            for at in range(first, len(times), step):
                due = begin + (times[at] - times[0]) / options.speed
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                client.send(times[at : at + step], values[at : at + step])
                client.outbox.keep(row=at + step)
            return await client.finish()

        player = asyncio.create_task(play())
        shown = ""
        async for event, data in client:
            words = "no exercise" if data.get("abstained") else data.get("exercise", "")
            if event == "classification_result" and words != shown:
                print(f"{data['end_s'] - times[0]:8.1f} s  {words}  {data['confidence']:.0%}")
                shown = words
            elif event in ("bad_sample", "error"):
                print(f"{event}: {data}", file=sys.stderr)
        print("stored:", json.dumps(await player))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="CSV: a line of names, a column t (seconds), the layout's channels")
    parser.add_argument("--site", required=True, help="https://…")
    parser.add_argument("--token", required=True, help="a token with the right “stream”, from Settings, Tokens")
    parser.add_argument("--session", help="a workout to stream into; one is made otherwise")
    parser.add_argument("--layout", default="flextail")
    parser.add_argument("--rate-hz", type=float, default=50.0, help="for a file without times")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--outbox", type=Path, help="SQLite file that survives a restart of this program")
    try:
        return asyncio.run(stream_file(parser.parse_args()))
    except StreamRefused as refused:
        print(f"The stream was refused: {refused}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
