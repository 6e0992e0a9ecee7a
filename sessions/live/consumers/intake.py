"""What one connection sends of its stream: held to its limits and order, cut into windows, stored, acknowledged."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from sessions.live.consumers.hello import Hello
from sessions.live.consumers.singles import Singles
from sessions.live.services.feed import LiveFeed, envelope_of
from sessions.live.services.frames import (
    Frame,
    StreamOrder,
    frame_from_bytes,
    frame_from_json,
    sample_from_json,
)
from sessions.live.services.on_air import OnAir
from sessions.live.services.storage import ChunkWriter, Waiting
from sessions.live.services.streams import OpenedStream
from web.consumers import codes
from web.consumers.limits import SecondWindow

MAX_SAMPLES_PER_S = 2000
MIN_SAMPLES_PER_S = 100
WATCH_POINTS = 8
TELL_FULL_EVERY_S = 5.0
DISK_FULL = {
    "code": "disk_full",
    "detail": "The server's disk is full. Your samples are saved on this device and will be sent when there is space.",
}


class Line(Protocol):
    """The connection, as far as samples need it."""

    def post_text(self, text: str) -> None:
        """Send a message that is JSON already."""

    def post(self, event: str, data: dict[str, Any]) -> None:
        """Send a message."""

    def end(self, code: int) -> None:
        """Close with `code`."""


class Intake:
    """Takes the frames of one opened stream. All methods run in the event loop and none of them waits."""

    def __init__(self, line: Line, *, opened: OpenedStream, hello: Hello, feed: LiveFeed, on_air: OnAir) -> None:
        stream, now_s = opened.stream, time.monotonic()
        speed = stream.rate_hz / stream.layout.rate_hz
        self.limit: float = MAX_SAMPLES_PER_S
        """Samples a second."""
        self._stream = stream.pk
        self._line, self._feed, self._on_air = line, feed, on_air
        self._n_channels = len(feed.channels)
        self._writer = ChunkWriter.here()
        self._at_most = SecondWindow(MAX_SAMPLES_PER_S)
        self._declared: SecondWindow | None = None
        if hello.is_declared:
            self.limit = min(MAX_SAMPLES_PER_S, max(2 * stream.rate_hz, MIN_SAMPLES_PER_S))
            self._declared = SecondWindow(
                self.limit, earns_per_s=stream.rate_hz, saved_s=_silent_s(opened, speed)
            )
        self._order = StreamOrder(speed=speed, now_s=now_s - opened.elapsed_s())
        self._full_told_at = float("-inf")
        self._singles = Singles(rate_hz=stream.layout.rate_hz, first_seq=0)
        self._resumed_seq = opened.last_seq if opened.last_seq is not None else -1

    def continue_from(self, opened: OpenedStream, *, segment_s: float | None) -> None:
        """After a reconnect: order and windows go on from what is stored. `segment_s`: see `LiveFeed.warm`."""
        if opened.last_seq is None or opened.first_t is None or opened.last_t is None:
            return
        self._order.continue_from(seq=opened.last_seq, first_t=opened.first_t, last_t=opened.last_t)
        self._singles.continue_from(seq=opened.last_seq, last_t=opened.last_t)
        self._feed.warm(opened.last_frames, segment_s=segment_s)
        opened.last_frames.clear()

    def limits(self) -> dict[str, Any]:
        """What the sender is told of its limits."""
        return {
            "samples_per_s": self.limit,
            "catch_up_samples": int(self._declared.saved) if self._declared is not None else 0,
            "catch_up_per_s": MAX_SAMPLES_PER_S,
        }

    def take_bytes(self, data: bytes) -> None:
        """A binary frame. Raises BadFrame."""
        self._take(frame_from_bytes(data, self._n_channels))

    def take_samples(self, body: Any) -> None:
        """The data of a `samples` message. Raises BadFrame."""
        self._take(frame_from_json(body, self._n_channels))

    def take_single(self, body: Any) -> None:
        """The data of a `sensor_data` message. Raises BadFrame."""
        now_s = time.monotonic()
        if not self._may_take(1, now_s):
            self._line.end(codes.TOO_FAST)
            return
        t, values = sample_from_json(body, self._feed.channels)
        if t is not None:
            self._order.check_future(t, t, now_s)
        frame = self._singles.add(t, values, now_s=now_s, at_once=self._feed.is_collecting)
        if frame is not None:
            self.show(frame)
            stored = self._singles.to_store()
            if stored is not None:
                self._store(stored, _unheard)

    def show(self, frame: Frame) -> None:
        """Cut windows from a frame, and show it to those who watch."""
        on_air = self._on_air
        on_air.took(frame)
        self._feed.take(frame)
        if on_air.is_watched:
            on_air.sampled(envelope_of(frame, WATCH_POINTS))

    def flush(self) -> None:
        """Store the single samples that wait for more."""
        rest = self._singles.flush()
        if rest is not None:
            self._store(rest, _unheard)

    def _take(self, frame: Frame) -> None:
        """A numbered frame of the client."""
        now_s = time.monotonic()
        if not self._may_take(len(frame.t), now_s):
            self._line.end(codes.TOO_FAST)
            return
        if frame.seq <= self._resumed_seq:  # sent again after a reconnect: it is stored already
            self._stored(frame.seq)
            return
        self._order.check(frame, now_s)
        self.show(frame)
        self._store(frame, self._stored)

    def _may_take(self, n: int, now_s: float) -> bool:
        """Within twice the declared rate and the absolute limit."""
        at_most = n <= MAX_SAMPLES_PER_S and self._at_most.take(n, now_s)
        return at_most and (self._declared is None or self._declared.take(n, now_s))

    def _store(self, frame: Frame, stored: Callable[[int], None]) -> None:
        item = Waiting(self._stream, frame.seq, len(frame.t), frame.payload(), stored, self._gone, self._full)
        if not self._writer.put(item):
            self._line.end(codes.BUSY)

    def _stored(self, seq: int) -> None:
        self._line.post_text(f'{{"event":"ack","data":{{"seq":{seq}}}}}')

    def _full(self) -> None:
        """Nothing was stored and nothing is acknowledged: the sender keeps what it has, and is told why."""
        now_s = time.monotonic()
        if now_s - self._full_told_at >= TELL_FULL_EVERY_S:
            self._full_told_at = now_s
            self._line.post("error", DISK_FULL)

    def _gone(self) -> None:
        """The stream was closed or deleted meanwhile: a sender that comes back is told, or continues it."""
        self._line.end(codes.BUSY)


def _unheard(seq: int) -> None:
    """Single samples carry no numbers to acknowledge."""


def _silent_s(opened: OpenedStream, speed: float) -> float:
    """How long the sender of this stream sent nothing: so much may come faster now."""
    covered_s = 0.0
    if opened.first_t is not None and opened.last_t is not None:
        covered_s = (opened.last_t - opened.first_t) / max(speed, 1e-9)
    return opened.elapsed_s() - covered_s
