"""Demo athletes go live: their generated recordings are played into the boards, for a coach who wants to see one.

Nothing is stored and no stream is opened: the feeds answer as real ones do, and everything is marked as generated.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from channels.db import database_sync_to_async

from accounts.models import Team
from sessions.live.selectors.streams import athletes_sharing_with, labels_for, live_task_for
from sessions.live.services.feed import LiveFeed, envelope_of
from sessions.live.services.frames import Frame
from sessions.live.services.hub import LiveHub
from sessions.live.services.model_board import ModelBoard
from sessions.live.services.on_air import HEART_RATE, OnAir
from sessions.live.services.replay import Replay
from sessions.models import Recording
from sessions.selectors.recordings import samples_path

logger = logging.getLogger(__name__)

SHOW_FOR_S = 300.0
MAX_ATHLETES = 12
BEGIN_APART_S = 17.0
GRACE_S = 60.0
"""A show outlives its last board by so much, and goes on while somebody watches one of its athletes."""
REST_BPM, WORK_BPM, SLOWNESS_S = 84.0, 152.0, 25.0

_shows: "WeakKeyDictionary[asyncio.AbstractEventLoop, DemoLive]" = WeakKeyDictionary()


def demo_recordings(team: uuid.UUID) -> list[Recording]:
    """The newest generated recording of each demo athlete who shares training with a demo team."""
    if not Team.objects.filter(pk=team, is_demo=True).exists():
        return []
    rows = (
        Recording.objects.filter(is_demo=True, session__athlete__in=athletes_sharing_with(team))
        .select_related("layout", "session__athlete").order_by("session__athlete", "-started_at")
    )
    newest: dict[int, Recording] = {}
    for row in rows:
        newest.setdefault(row.session.athlete_id, row)
    return list(newest.values())[:MAX_ATHLETES]


class DemoLive:
    """The shows of one event loop: one for each team, as long as somebody looks at the board or at an athlete."""

    def __init__(self) -> None:
        self._on_air: dict[uuid.UUID, set[OnAir]] = {}
        self._running: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._wanted: dict[uuid.UUID, set[Any]] = {}
        self._endings: set[asyncio.Task[None]] = set()

    @classmethod
    def here(cls) -> "DemoLive":
        """The shows of the running event loop."""
        return _shows.setdefault(asyncio.get_running_loop(), cls())

    def want(self, team: uuid.UUID, who: Any) -> None:
        """Begin the team's show, or join it."""
        self._wanted.setdefault(team, set()).add(who)
        if team not in self._running or self._running[team].done():
            self._running[team] = asyncio.ensure_future(self._show(team))

    def end(self, team: uuid.UUID, who: Any) -> None:
        """Somebody has seen enough; the show is over when nobody else wants it."""
        self._wanted.get(team, set()).discard(who)
        if not self._wanted.get(team):
            self._stop(team)

    def leave(self, team: uuid.UUID, who: Any) -> None:
        """A board was closed, perhaps to watch one of the athletes: the show waits before it is over."""
        wanted = self._wanted.get(team, set())
        if who in wanted:
            wanted.discard(who)
            if not wanted:
                self._endings.add(ending := asyncio.ensure_future(self._end_unless_watched(team)))
                ending.add_done_callback(self._endings.discard)

    async def _end_unless_watched(self, team: uuid.UUID) -> None:
        await asyncio.sleep(GRACE_S)
        while any(stream.is_watched for stream in self._on_air.get(team, ())):
            await asyncio.sleep(GRACE_S)
        if not self._wanted.get(team):
            self._stop(team)

    def _stop(self, team: uuid.UUID) -> None:
        self._wanted.pop(team, None)
        task = self._running.pop(team, None)
        if task is not None:
            task.cancel()

    async def _show(self, team: uuid.UUID) -> None:
        rows = await database_sync_to_async(demo_recordings)(team)
        on_air = self._on_air[team] = set()
        players = [asyncio.ensure_future(_play(row, n * BEGIN_APART_S, on_air)) for n, row in enumerate(rows)]
        try:
            await asyncio.gather(*players)
        except asyncio.CancelledError:
            for player in players:
                player.cancel()
            await asyncio.gather(*players, return_exceptions=True)
            raise
        except Exception:
            logger.exception("a demo athlete fell")
            for player in players:
                player.cancel()


async def _play(row: Recording, from_s: float, show: set[OnAir]) -> None:
    """One demo athlete: the recording from `from_s` on, and a heart rate that follows what is done."""
    task = await database_sync_to_async(live_task_for)(layout_key=row.layout.key)
    labels = await database_sync_to_async(labels_for)(task)
    board, hub, name = ModelBoard.here(), LiveHub.here(), task.name if task else ""
    model = await board.use(name)
    hello = _hello(row, labels, model.to_json() if model is not None else None)
    on_air = OnAir(row.session_id, row.session.athlete_id, hello, is_generated=True)
    strap = OnAir(row.session_id, row.session.athlete_id, {**hello, "layout": HEART_RATE}, is_generated=True)
    feed = LiveFeed(
        stream=uuid.uuid4(), channels=row.layout.channel_names, rate_hz=row.layout.rate_hz, post=on_air.said,
        model=lambda: board.now(name),
    )
    hub.add(on_air)
    hub.add(strap)
    show.add(on_air)
    bpm, began, beat_at = REST_BPM, time.monotonic(), 0.0
    try:
        replay = Replay(samples_path(row), duration_s=row.duration_s, from_s=from_s % max(1.0, row.duration_s / 2))
        async for frame in replay.frames():
            if time.monotonic() - began > SHOW_FOR_S:
                return
            on_air.took(frame)
            feed.take(frame)
            if on_air.is_watched:
                on_air.sampled(envelope_of(frame, 8))
            now = time.monotonic() - began
            if now - beat_at >= 1.0:
                bpm += (_effort(on_air.answer) - bpm) * (now - beat_at) / SLOWNESS_S
                beat_at = now
                beat = Frame(0, np.array([now]), np.array([[round(bpm), 60000 / bpm]], np.float32))
                strap.took(beat)
                if strap.is_watched:
                    strap.sampled(envelope_of(beat, 1))
    finally:
        show.discard(on_air)
        hub.discard(on_air)
        hub.discard(strap)
        board.leave(name)


def _effort(answer: dict[str, Any] | None) -> float:
    """The heart rate that the generated athlete tends to."""
    return WORK_BPM if answer is not None and not answer.get("abstained") and not answer.get("rest") else REST_BPM


def _hello(row: Recording, labels: Sequence[dict[str, str]], model: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "stream": str(uuid.uuid4()), "layout": row.layout.key, "channels": row.layout.channels,
        "rate_hz": row.layout.rate_hz, "task": None, "labels": list(labels), "model": model, "last_seq": None,
        "corrections": [], "sets": [],
    }
