"""Which connection feeds a stream: the newest, to whichever process or machine it came.

In this process the older connection ends at once; the others hear of it through the channel layer (`hub`). When
the layer is away an older connection elsewhere lives until its client is gone: what both send is stored once.
"""

import time
from typing import Protocol
from uuid import UUID


class Feeder(Protocol):
    """A connection that sends a stream's samples."""

    def replaced(self) -> None:
        """A newer connection feeds the stream."""


_feeding: dict[UUID, tuple[float, Feeder]] = {}


def feed_claim(stream: UUID, feeder: Feeder) -> float:
    """Feed a stream from now on; returns when (Unix seconds), for other processes."""
    older = _feeding.get(stream)
    at = time.time()
    _feeding[stream] = (at, feeder)
    if older is not None and older[1] is not feeder:
        older[1].replaced()
    return at


def feed_release(stream: UUID, feeder: Feeder) -> None:
    """The connection is over."""
    if stream in _feeding and _feeding[stream][1] is feeder:
        del _feeding[stream]


def feed_taken(stream: UUID, at: float) -> None:
    """Somebody began to feed the stream at that time, perhaps in another process."""
    held = _feeding.get(stream)
    if held is not None and held[0] < at:
        del _feeding[stream]
        held[1].replaced()
