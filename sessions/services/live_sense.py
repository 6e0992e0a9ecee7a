"""What a live stream knows besides its class, hooked to its feed; the knowing itself is pure."""

from collections.abc import Sequence

from mlops.ml.sensors.stream_sense import Post, StreamSense
from sessions.models import LiveStream
from sessions.services.live_frames import Frame

LEAST_RATE_HZ = 8.0
"""Slower streams (a heart rate strap) show no movement."""


class LiveSense(StreamSense):
    """Sees every frame and answer of one live stream. All methods run in the event loop and none of them waits."""

    def frame(self, frame: Frame, *, has_model: bool) -> None:
        """The next samples."""
        self.push(frame.t, frame.values, has_model=has_model)

    def warm(self, frames: Sequence[Frame]) -> None:
        """After a reconnect: see again what is stored, without telling it again; sets are not begun by it."""
        self.is_quiet = True
        for frame in frames:
            self.push(frame.t, frame.values, has_model=True)
        self.is_quiet = False


def sense_of(stream: LiveStream, post: Post) -> LiveSense | None:
    """The sense of a stream just opened or resumed; None for one that is too slow to show movement."""
    if stream.layout.rate_hz < LEAST_RATE_HZ:
        return None
    return LiveSense(channels=stream.layout.channels, post=post, stored_sets=stream.sets)
