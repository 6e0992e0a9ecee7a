"""A stored recording, read by the server and handed out in its own time (or up to twenty times as fast)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import numpy as np
from django.utils import timezone

from mlops.ml.sensors.recording_file import read_range
from sessions.live.services.frames import Frame
from sessions.models import LiveStream, StreamState

TICK_S = 0.2
READ_S = 30.0
"""Seconds of the recording in memory at a time, times the speed."""
LONG_PAUSE_S = 2.0
"""A longer pause between two samples is skipped: nobody wants to watch nothing."""
MAX_ROWS = 2000
SPEEDS = (1.0, 20.0)

def replay_heard(stream: UUID) -> None:
    """The stream of a replay has no frames in the database that tell that it lives; this does."""
    LiveStream.objects.filter(pk=stream, state=StreamState.OPEN).update(seen_at=timezone.now())


_reader = ThreadPoolExecutor(2, thread_name_prefix="live-replay")


class Replay:
    """Frames of one Parquet file from second `from_s` on; `speed` and `is_paused` may change while it runs."""

    def __init__(self, path: Path, *, duration_s: float, speed: float = 1.0, from_s: float = 0.0) -> None:
        self.path = path
        self.duration_s = duration_s
        self.speed = min(max(speed, SPEEDS[0]), SPEEDS[1])
        self.position_s = max(0.0, from_s)
        self.is_paused = False
        self.n_frames = 0

    async def frames(self, may_go: Callable[[], bool] = lambda: True) -> AsyncIterator[Frame]:
        """Yield numbered frames as their time comes; waits while `may_go()` is false. Raises BadArtifact.

        A loop that was late catches up at most one second of real time, so that it never rushes.
        """
        t, values = np.empty(0), np.empty((0, 0), np.float32)
        read_to = self.position_s
        last = time.monotonic()
        while True:
            if not len(t):
                if read_to >= self.duration_s + 1e-3:
                    return
                upto = read_to + READ_S * max(1.0, self.speed / 4)
                t, values = await asyncio.get_running_loop().run_in_executor(
                    _reader, read_range, self.path, read_to, upto
                )
                read_to = upto
                continue
            if t[0] - self.position_s > LONG_PAUSE_S:
                self.position_s = float(t[0])
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            passed, last = min(now - last, 1.0), now
            if self.is_paused or not may_go():
                continue
            self.position_s += passed * self.speed
            n = min(int(np.searchsorted(t, self.position_s, "right")), MAX_ROWS)
            if n == 0:
                continue
            yield Frame(self.n_frames, t[:n], values[:n])
            self.n_frames += 1
            t, values = t[n:], values[n:]
