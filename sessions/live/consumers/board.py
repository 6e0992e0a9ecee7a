"""/ws/teams/<team>/: the live cells of a coach's board."""

import time
from typing import Any

from channels.db import database_sync_to_async

from sessions.live.consumers.listening import ListeningConsumer
from sessions.live.selectors.streams import athletes_sharing_with, team_to_watch, teams_still_coached
from sessions.live.services.demo import DemoLive
from sessions.live.services.frames import BadFrame, parse_message
from sessions.live.services.hub import team_group

MIN_S = 0.45
"""Two updates a second for each athlete at most."""


class BoardConsumer(ListeningConsumer):
    """Sends `board` with updates of athletes who share training with this team, and `board_state` {up} when the
    layer that carries them goes away or is back. Takes `show_demo` {on} for demo teams."""

    async def enter(self) -> bool:
        self.user = self.scope["user"]
        self._sent: dict[int, tuple[float, bool]] = {}
        if not self.user.is_authenticated:
            return False
        pk = self.scope["url_route"]["kwargs"]["team"]
        self.team = await database_sync_to_async(team_to_watch)(user=self.user, pk=pk)
        if self.team is None:
            return False
        self.sharing = await database_sync_to_async(athletes_sharing_with)(self.team.pk)
        return True

    @classmethod
    def still_allowed(cls, consumers: list[Any]) -> set[Any]:
        """Also refreshes who shares: a withdrawn consent empties its cell with the next check."""
        coached = teams_still_coached((c.user, c.team.pk) for c in consumers)
        allowed = {c for c in consumers if (c.user.pk, c.team.pk) in coached}
        sharing = {team: athletes_sharing_with(team) for team in {c.team.pk for c in allowed}}
        for consumer in allowed:
            consumer.sharing = sharing[consumer.team.pk]
        return allowed

    async def ready(self) -> None:
        self.listen(team_group(self.team.pk))

    def layer_is(self, *, up: bool) -> None:
        self.post("board_state", {"up": up})

    async def left(self) -> None:
        if self.team is not None:
            DemoLive.here().leave(self.team.pk, self)
        await super().left()

    async def received(self, text: str | None, data: bytes | None) -> None:
        try:
            event, body = parse_message(text or "")
        except BadFrame:
            return
        if event == "show_demo" and self.team.is_demo:
            on = isinstance(body, dict) and body.get("on") is True
            (DemoLive.here().want if on else DemoLive.here().end)(self.team.pk, self)

    async def layer_message(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        updates = []
        for update in message["updates"]:
            at, was_live = self._sent.get(update["athlete"], (0.0, False))
            if update["athlete"] not in self.sharing or (now - at < MIN_S and was_live == update["live"]):
                continue
            self._sent[update["athlete"]] = (now, update["live"])
            updates.append(update)
        if updates:
            self.post("board", {"updates": updates})
