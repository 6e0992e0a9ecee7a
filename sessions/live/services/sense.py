"""What a live stream knows besides its class, hooked to its feed; the knowing itself is pure."""

from collections.abc import Sequence

from mlops.ml.sensors.baseline import Baseline
from mlops.ml.sensors.sensor_check import SensorChecker
from mlops.ml.sensors.stream_sense import Post, StreamSense
from sessions.live.services.frames import Frame
from sessions.models import LiveStream, StreamSource

MIN_RATE_HZ = 8.0
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


def sense_of(stream: LiveStream, post: Post, baseline: Baseline | None = None) -> LiveSense | None:
    """The sense of a stream just opened or resumed; None for one that is too slow to show movement.

    `baseline`: how the athlete's sensor usually looks. What is played again is not compared with it.
    """
    layout = stream.layout
    if layout.rate_hz < MIN_RATE_HZ:
        return None
    is_sensor = stream.source == StreamSource.SENSOR
    speed = max(1.0, stream.rate_hz / layout.rate_hz) if not is_sensor else 1.0
    channels = [(channel["name"], channel.get("unit", "")) for channel in layout.channels]
    checker = SensorChecker(channels, stream.rate_hz / speed, baseline if is_sensor else None)
    return LiveSense(channels=layout.channels, post=post, stored_sets=stream.sets, checker=checker)
