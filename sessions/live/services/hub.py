"""What is live in this process, told to coaches' boards and to people who watch, through the channel layer.

Streams themselves never touch the channel layer: they hand their newest answer to this hub, which publishes at
most twice a second, in a task of its own. When Redis is away the boards stand still and the streams go on.
"""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from sessions.live.selectors.streams import sharing_teams
from sessions.live.services.feeders import feed_taken
from sessions.live.services.on_air import OnAir, board_update

logger = logging.getLogger(__name__)

PUBLISH_EVERY_S = 0.5
TEAMS_EVERY_S = 2.0
HEARTBEAT_S = 3.0
WATCHED_FOR_S = 12.0
PATIENCE_S = 2.0
HUBS = "live.hubs"
"""Group of all hubs: a watcher says here which session it looks at, a process which stream it has taken over."""

_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, LiveHub]" = WeakKeyDictionary()


def team_group(team: UUID | str) -> str:
    """Channel layer group of a team's board."""
    return f"live.team.{team}"


def streams_here() -> int:
    """How many streams this process holds."""
    return sum(len(hub._streams) for hub in list(_hubs.values()))


def session_group(session: UUID | str) -> str:
    """Channel layer group of those who watch one session."""
    return f"live.session.{session}"


class LiveHub:
    """All streams of one event loop."""

    def __init__(self) -> None:
        self._streams: set[OnAir] = set()
        self._over: list[OnAir] = []
        self._teams: dict[int, list[UUID]] = {}
        self._teams_at = -TEAMS_EVERY_S
        self._telling: set[asyncio.Task[None]] = set()
        self._publisher: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    def here(cls) -> "LiveHub":
        """The hub of the running event loop."""
        return _hubs.setdefault(asyncio.get_running_loop(), cls())

    def add(self, stream: OnAir) -> None:
        self._streams.add(stream)
        if self._publisher is None or self._publisher.done():
            self._publisher = asyncio.ensure_future(self._publish_all())
            self._listener = asyncio.ensure_future(self._hear_watchers())

    def discard(self, stream: OnAir, *, goes_on: bool = False) -> None:
        """The stream is over; boards are told with the next publication, unless it goes on in another process."""
        if stream in self._streams:
            self._streams.discard(stream)
            if not goes_on:
                self._over.append(stream)

    def taken(self, stream: UUID, at: float) -> None:
        """A connection here feeds a stream that another process may have fed until now: tell them all."""
        telling = asyncio.ensure_future(_tell_taken(stream, at))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def publish(self) -> None:
        """One round now."""
        now = time.monotonic()
        streams, over = list(self._streams), self._over
        self._over = []
        if now - self._teams_at >= TEAMS_EVERY_S:
            athletes = {stream.athlete for stream in (*streams, *over)}
            self._teams = await database_sync_to_async(sharing_teams, thread_sensitive=False)(athletes)
            self._teams_at = now
        boards: dict[UUID, list[dict[str, Any]]] = {}
        for session in self._due(streams, now):
            self._to_boards(boards, session)
        live = {stream.session for stream in streams}
        for stream in over:
            if stream.session not in live:
                self._to_boards(boards, [stream], is_live=False)
        for team, updates in boards.items():
            await _send(team_group(team), {"type": "board.updates", "updates": updates})
        for stream in streams:
            if stream.is_watched:
                await _send(session_group(stream.session), _watch_message(stream))
        for stream in over:
            if stream.is_watched and stream.session not in live:
                await _send(session_group(stream.session), {"type": "watch.over"})

    def _due(self, streams: list[OnAir], now: float) -> list[list[OnAir]]:
        """The streams of each workout of which a board should hear now."""
        sessions: dict[UUID, list[OnAir]] = {}
        for stream in streams:
            if stream.athlete in self._teams:
                sessions.setdefault(stream.session, []).append(stream)
        due = []
        for group in sessions.values():
            if any(stream.is_new or now - stream.published_at >= HEARTBEAT_S for stream in group):
                for stream in group:
                    stream.is_new, stream.published_at = False, now
                due.append(group)
        return due

    def _to_boards(
        self, boards: dict[UUID, list[dict[str, Any]]], session: list[OnAir], *, is_live: bool = True
    ) -> None:
        update = board_update(session, is_live=is_live)
        for team in self._teams.get(session[0].athlete, ()):
            boards.setdefault(team, []).append(update)

    async def _publish_all(self) -> None:
        is_away = False
        while self._streams or self._over:
            await asyncio.sleep(PATIENCE_S if is_away else PUBLISH_EVERY_S)
            try:
                await self.publish()
                is_away = False
            except Exception as error:
                if not is_away:
                    logger.warning("live boards stand still: %s", error)
                is_away = True
        if self._listener is not None:
            self._listener.cancel()

    async def _hear_watchers(self) -> None:
        """Keep in mind which sessions somebody looks at, for a few seconds after each word from a watcher."""
        layer = get_channel_layer()
        while layer is not None:
            try:
                channel = await layer.new_channel()
                await layer.group_add(HUBS, channel)
                try:
                    while True:
                        message = await layer.receive(channel)
                        if message["type"] == "hub.taken":
                            feed_taken(UUID(message["stream"]), message["at"])
                        else:
                            self._watched(message["session"])
                finally:
                    await layer.group_discard(HUBS, channel)
            except Exception as error:
                logger.debug("watchers of live sessions cannot be heard: %s", error)
                await asyncio.sleep(PATIENCE_S)

    def _watched(self, session: str | None) -> None:
        until = time.monotonic() + WATCHED_FOR_S
        for stream in self._streams:
            if str(stream.session) == session:
                stream.watched_until = until


def _watch_message(stream: OnAir) -> dict[str, Any]:
    message = {
        "type": "watch.frame", "hello": stream.hello, "events": [list(one) for one in stream.events],
        "begin": stream.begin_s, "samples": list(stream.samples), "latest": dict(stream.latest),
    }
    stream.events.clear()
    stream.samples.clear()
    return message


async def tell_hubs(session: UUID | str) -> None:
    """A watcher's word that it (still) looks at a session."""
    await _send(HUBS, {"type": "hub.watched", "session": str(session)})


async def _tell_taken(stream: UUID, at: float) -> None:
    try:
        await _send(HUBS, {"type": "hub.taken", "stream": str(stream), "at": at})
    except Exception as error:  # the layer is away: the older connection ends when its client is gone
        logger.debug("other processes could not be told who feeds a stream: %s", error)


async def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        async with asyncio.timeout(PATIENCE_S):
            await layer.group_send(group, message)

