"""Many well-behaved streams in one event loop, with the client of the documentation; they are cut and come back."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import sys
import time
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from benchmarks.live_parts.site import ROOT

RATE_HZ = 50.0
FRAME_SAMPLES = 10
N_CHANNELS = 5


def live_client() -> ModuleType:
    """docs/clients/fitbalance_live.py as a module."""
    path = ROOT / "docs" / "clients" / "fitbalance_live.py"
    spec = importlib.util.spec_from_file_location("fitbalance_live", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault("fitbalance_live", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


@dataclass
class Streamer:
    """One athlete: sends 50 samples a second in frames of ten, remembers what was acknowledged and when."""

    client: Any
    acknowledged: set[int] = field(default_factory=set)
    waits_ms: list[tuple[float, float]] = field(default_factory=list)
    """(when, milliseconds from sending a frame to the answer it completed)."""
    n_samples: int = 0
    n_answers: int = 0
    n_skipped: int = 0
    n_bad: int = 0
    last_ack_at: float = 0.0
    _sent_at: dict[int, float] = field(default_factory=dict)

    async def listen(self) -> None:
        async for event, data in self.client:
            now = time.monotonic()
            if event == "ack":
                self.acknowledged.add(data["seq"])
                self.last_ack_at = now
            elif event == "classification_result":
                self.n_answers += 1
                self.n_skipped = data["skipped"]
                if data["seq"] in self._sent_at:
                    self.waits_ms.append((now, 1000 * (now - self._sent_at[data["seq"]])))
            elif event == "bad_sample":
                self.n_bad += 1

    def send(self) -> None:
        t = [(self.n_samples + n) / RATE_HZ for n in range(FRAME_SAMPLES)]
        rows = [[((7 * (self.n_samples + n) + 3 * c) % 11) / 10 for c in range(N_CHANNELS)] for n in range(len(t))]
        seq = self.client.send(t, rows)
        self.n_samples += len(t)
        self._sent_at[seq] = time.monotonic()
        self._sent_at.pop(seq - 500, None)

    def cut(self) -> None:
        """The line is gone, without a word to either side."""
        line = self.client._line
        if line is not None:
            line.socket.transport.abort()


async def play(streamers: list[Streamer], until: float) -> None:
    """Everybody sends at the pace of a sensor, spread over the fifth of a second that a frame lasts."""
    period_s = FRAME_SAMPLES / RATE_HZ
    begin = time.monotonic()

    async def one(streamer: Streamer, offset_s: float) -> None:
        n = 0
        while (due := begin + offset_s + n * period_s) < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            streamer.send()
            n += 1

    step_s = period_s / len(streamers)
    await asyncio.gather(*(one(streamer, n * step_s) for n, streamer in enumerate(streamers)))


async def back_after(streamers: list[Streamer], since: float, *, limit_s: float = 60.0) -> list[float]:
    """For each stream: seconds from `since` until a frame was acknowledged that was cut off."""
    found: dict[int, float] = {}
    while len(found) < len(streamers) and time.monotonic() - since < limit_s:
        for n, streamer in enumerate(streamers):
            if n not in found and streamer.last_ack_at > since:
                found[n] = streamer.last_ack_at - since
        await asyncio.sleep(0.02)
    return [found.get(n, limit_s) for n in range(len(streamers))]


def some(streamers: list[Streamer], chance: random.Random) -> list[Streamer]:
    """Between one and all of them."""
    return chance.sample(streamers, chance.randint(1, len(streamers)))


def p95(values: list[float]) -> float:
    return quantile(values, 0.95)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
