"""/ws/replay/<session>/: a stored recording is played by the server; the browser only looks and corrects."""

import asyncio
import contextlib
import logging
import math
from collections import Counter
from typing import Any

from channels.db import database_sync_to_async
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact
from sessions.live.consumers.hello import Hello, HelloRefused
from sessions.live.consumers.stream import LiveConsumer
from sessions.live.selectors.streams import replayable_get
from sessions.live.services.feed import envelope_of
from sessions.live.services.frames import BadFrame, parse_message
from sessions.live.services.replay import SPEEDS, Replay, replay_heard
from sessions.models import Recording, StreamSource
from sessions.selectors.recordings import samples_path
from web.consumers import codes

logger = logging.getLogger(__name__)

MAX_A_PERSON = 3
"""Replays of one person at a time in one process."""
MAX_WAITING = 64
"""Messages the browser has not taken; the replay waits meanwhile."""
HEARD_EVERY = 25
"""Ticks of a fifth of a second between two words to the database that this stream is alive."""
DRAWN = 60
"""Points of a tick that the browser draws at most."""

_playing: Counter[int] = Counter()


class ReplayConsumer(LiveConsumer):
    """hello {recording, speed, from_s, stream, credit}; then the messages of a live stream and `samples` to draw.

    Takes `correction`, `pause` {on}, `speed` {speed}, `finish`, `credit`. Nothing is stored twice: corrections
    become labels of the recording. The replay ends with the connection.
    """

    async def enter(self) -> bool:
        self.replay: Replay | None = None
        self._player: asyncio.Task[None] | None = None
        return await super().enter()

    async def received(self, text: str | None, data: bytes | None) -> None:
        try:
            event, body = parse_message(text or "")
            handle = self._replay_events.get(event)
            if handle is None:
                raise BadFrame("unknown_event")
            await handle(self, body)
        except BadFrame as bad:
            self._bad(bad)

    def received_now(self, text: bytes | None, data: bytes | None) -> bool:
        return False

    async def left(self) -> None:
        if self._player is not None:
            self._player.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._player
            _playing[self.user.pk] -= 1
        await super().left()

    async def _on_replay_hello(self, body: Any) -> None:
        if self.opened is not None:
            raise BadFrame("hello_twice")
        try:
            recording, hello = await self._read(body)
            if _playing[self.user.pk] >= MAX_A_PERSON:
                detail = _("You can run at most %(n)s replays at once.") % {"n": MAX_A_PERSON}
                raise HelloRefused("too_many", detail, codes.TOO_FAST)
            await self._open(hello)
        except HelloRefused as refused:
            self.post("error", {"code": refused.code, "detail": refused.detail})
            self.end(refused.close)
            return
        _playing[self.user.pk] += 1
        self.replay = Replay(
            samples_path(recording), duration_s=recording.duration_s, speed=_number(body, "speed", 1.0, *SPEEDS),
            from_s=_number(body, "from_s", 0.0, 0.0, recording.duration_s),
        )
        self._player = asyncio.ensure_future(self._play(self.replay))

    async def _read(self, body: Any) -> tuple[Recording, Hello]:
        if not isinstance(body, dict):
            raise HelloRefused("bad_hello", "The data of hello must be an object.")
        if unknown := set(body) - {"recording", "speed", "from_s", "stream", "credit"}:
            raise HelloRefused("unknown_field", f"hello has no field {sorted(map(str, unknown))[0][:40]}.")
        stream, credit = body.get("stream") or "", body.get("credit")
        if not isinstance(stream, str) or len(stream) > 64 or not (credit is None or type(credit) is int):
            raise HelloRefused("bad_hello", "stream must be a short text and credit a whole number.")
        recording = await database_sync_to_async(replayable_get)(session=self.session, pk=body.get("recording"))
        if recording is None:
            raise HelloRefused("unknown_recording", _("This recording is not part of this workout."))
        rate_hz = max(0.1, recording.rate_hz or recording.layout.rate_hz)
        return recording, Hello(
            layout=recording.layout.key, rate_hz=rate_hz * _number(body, "speed", 1.0, *SPEEDS), stream=stream,
            source=StreamSource.RECORDING, recording=str(recording.pk), credit=min(credit, 10_000) if credit else None,
            is_declared=True,
        )

    async def _play(self, replay: Replay) -> None:
        heard = 0
        try:
            async for frame in replay.frames(lambda: len(self._outbox) < MAX_WAITING):
                self.intake.show(frame)
                t, values = envelope_of(frame, DRAWN)
                self.post("samples", {"t": t, "values": values, "of_s": round(replay.duration_s, 3)})
                heard += 1
                if heard % HEARD_EVERY == 1 and self.opened is not None:
                    await database_sync_to_async(replay_heard)(self.opened.stream.pk)
        except BadArtifact:
            self.post("error", {"code": "unreadable", "detail": _("The samples of this recording are damaged.")})
        except Exception:
            logger.exception("a replay broke")
            self.post("error", {"code": "broken", "detail": _("The replay stopped unexpectedly. Try again.")})
        if self.closing is None:
            await self._on_finish({})

    async def _on_pause(self, body: Any) -> None:
        if self.replay is not None and isinstance(body, dict):
            self.replay.is_paused = body.get("on") is True

    async def _on_speed(self, body: Any) -> None:
        if self.replay is not None:
            self.replay.speed = _number(body, "speed", self.replay.speed, *SPEEDS)

    _replay_events = {
        "hello": _on_replay_hello, "correction": LiveConsumer._on_correction, "pause": _on_pause, "speed": _on_speed,
        "finish": LiveConsumer._on_finish, "credit": LiveConsumer._on_credit,
    }


def _number(body: Any, name: str, default: float, least: float, most: float) -> float:
    """A number of a message within limits; the default where it is none."""
    value = body.get(name) if isinstance(body, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return default
    return min(max(float(value), least), most)
