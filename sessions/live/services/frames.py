"""What a client may send: frames of samples, checked and turned into arrays. See docs of /ws/live/ for the format."""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"FBS1"
HEADER = struct.Struct("<4sIQ")
"""Binary frame, little-endian: "FBS1", number of samples (uint32), seq (uint64), then float64 times, then float32
values, sample after sample."""
_TIMES, _VALUES = np.dtype("<f8"), np.dtype("<f4")
MAX_SEQ = 2**53 - 1
"""The largest whole number JavaScript holds exactly."""
FUTURE_S = 60.0
"""How far a stream may run ahead of the time that has passed since its first sample."""


class BadFrame(Exception):
    """A frame that cannot be used; `reason` is for programs, `seq` tells which one where it is known."""

    def __init__(self, reason: str, seq: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seq = seq


@dataclass(slots=True, eq=False)
class Frame:
    """n samples of one stream: `t` (n,) float64 seconds of the sender's clock, `values` (n, channels) float32."""

    seq: int
    t: npt.NDArray[np.float64]
    values: npt.NDArray[np.float32]
    stored: bytes | None = field(default=None, repr=False)
    """The payload where it came in this very form."""

    def payload(self) -> bytes:
        """What StreamChunk keeps: the times, then the values."""
        if self.stored is not None:
            return self.stored
        return self.t.astype("<f8").tobytes() + self.values.astype("<f4").tobytes()


def frame_from_payload(seq: int, n_samples: int, payload: bytes) -> Frame:
    """The frame that `Frame.payload` wrote."""
    t = np.frombuffer(payload, "<f8", n_samples)
    return Frame(seq, t, np.frombuffer(payload, "<f4", offset=8 * n_samples).reshape(n_samples, -1))


def parse_message(text: str) -> tuple[str, Any]:
    """(event, data) of a JSON message. Raises BadFrame."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("not_json") from None
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        raise BadFrame("no_event")
    return message["event"], message.get("data")


def frame_from_json(data: Any, n_channels: int) -> Frame:
    """`{"seq": n, "t": […], "values": [[…], …]}`. Raises BadFrame."""
    if not isinstance(data, Mapping):
        raise BadFrame("no_data")
    seq = data.get("seq")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= MAX_SEQ:
        raise BadFrame("no_seq")
    try:
        t = np.asarray(data.get("t"), np.float64)
        values = np.asarray(data.get("values"), np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadFrame("channels" if _ragged(data.get("values")) else "not_numbers", seq) from None
    return _checked(seq, t, values, n_channels)


def frame_from_bytes(data: bytes, n_channels: int) -> Frame:
    """A binary frame, see `HEADER`. Raises BadFrame."""
    if len(data) < HEADER.size or not data.startswith(MAGIC):
        raise BadFrame("not_a_frame")
    _, n, seq = HEADER.unpack_from(data)
    if seq > MAX_SEQ:
        raise BadFrame("no_seq")
    if len(data) != HEADER.size + 8 * n + 4 * n * n_channels:
        raise BadFrame("channels", seq)
    stored = data[HEADER.size :]
    t = np.frombuffer(stored, _TIMES, n)
    values = np.frombuffer(stored, _VALUES, n * n_channels, 8 * n).reshape(n, n_channels)
    # a sum is finite only where every number is: one pass, and without letting another thread in
    if n and _is_rising(t) and math.isfinite(np.add.reduce(values, axis=None)):
        return Frame(seq, t, values, stored)
    return _checked(seq, t, values, n_channels)


def _is_rising(t: npt.NDArray[np.float64]) -> bool:
    return math.isfinite(t[0]) and math.isfinite(t[-1]) and bool(np.logical_and.reduce(t[1:] > t[:-1]))


def sample_from_json(data: Any, channels: Sequence[str]) -> tuple[float | None, list[float]]:
    """(t or None, values in the order of the channels) of one `sensor_data` message. Raises BadFrame."""
    if not isinstance(data, Mapping):
        raise BadFrame("no_data")
    values = [data.get(name) for name in channels]
    if any(value is None for value in values) or len(set(data) - {"t", "seq", "timestamp"}) != len(channels):
        raise BadFrame("channels")
    t = data.get("t")
    for number in (*values, *([t] if t is not None else ())):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise BadFrame("not_numbers")
        if not _is_finite(number):
            raise BadFrame("not_finite")
    return (None if t is None else float(t)), [float(value) for value in values if value is not None]


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number) and abs(number) < 3e38
    except OverflowError:
        return False


def _ragged(values: Any) -> bool:
    if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
        return False
    return len({len(row) for row in values}) > 1


def _checked(seq: int, t: npt.NDArray[np.float64], values: npt.NDArray[Any], n_channels: int) -> Frame:
    if t.ndim != 1 or len(t) == 0:
        raise BadFrame("empty", seq)
    if values.ndim != 2 or values.shape != (len(t), n_channels):
        raise BadFrame("channels", seq)
    if not np.isfinite(t).all() or not np.isfinite(values).all() or np.abs(values).max() > 3e38:
        raise BadFrame("not_finite", seq)
    if (np.diff(t) <= 0).any():
        raise BadFrame("out_of_order", seq)
    return Frame(seq, t, values.astype(np.float32))


class StreamOrder:
    """Frames of one stream must go forward: in number, in time, and not into the future.

    `speed` is how many seconds of stream may pass in one second of ours (1 live, up to 20 in a replay); `now_s` the
    monotonic time at which the first sample was taken, before now for a stream that goes on or begins late.
    """

    def __init__(self, *, speed: float, now_s: float) -> None:
        self.speed = max(1.0, speed)
        self.last_seq = -1
        self.last_t = -math.inf
        self._first_t: float | None = None
        self._began_s = now_s

    def continue_from(self, *, seq: int, first_t: float, last_t: float) -> None:
        """Go on after a reconnect: what is stored up to `seq`."""
        self.last_seq, self.last_t, self._first_t = seq, last_t, first_t

    def check(self, frame: Frame, now_s: float) -> None:
        """Take the frame as the next one. Raises BadFrame (duplicate, out_of_order, future)."""
        if frame.seq == self.last_seq:
            raise BadFrame("duplicate", frame.seq)
        if frame.seq < self.last_seq or frame.t[0] <= self.last_t:
            raise BadFrame("out_of_order", frame.seq)
        self.check_future(float(frame.t[0]), float(frame.t[-1]), now_s, frame.seq)
        self.last_seq, self.last_t = frame.seq, float(frame.t[-1])

    def check_future(self, first_t: float, last_t: float, now_s: float, seq: int | None = None) -> None:
        """Raises BadFrame `future` for times further ahead than can have passed since the stream's first sample."""
        begin = first_t if self._first_t is None else self._first_t
        if last_t > begin + FUTURE_S + 2 * self.speed * (now_s - self._began_s):
            raise BadFrame("future", seq)
        self._first_t = begin
