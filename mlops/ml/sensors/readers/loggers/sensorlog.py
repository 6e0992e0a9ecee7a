"""SensorLog by Bernd Thomas (iOS): accelerometerAccelerationX(G), gyroRotationX(rad/s), motionUserAccelerationX(G) …

Every heading holds its unit. loggingTime(txt) is a date-time with its zone; the other stamps count from the last
restart or from 1970, as their names say.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity

_STAMPS = (
    ("accelerometerTimestamp_sinceReboot(s)", "start"),
    ("motionTimestamp_sinceReboot(s)", "start"),
    ("gyroTimestamp_sinceReboot(s)", "start"),
)


class SensorLog(Logger):
    title = "SensorLog"

    def looks_like(self, seen: Seen) -> bool:
        return any(n.startswith("loggingTime") for n in seen.names) and any(
            n.startswith(("accelerometerAcceleration", "motion", "gyroRotation", "accelerometerTimestamp"))
            for n in seen.names
        )

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        """Two columns turn (gyro and motion): the gyroscope's own goes first."""
        own_gyro = any(n.startswith("gyroRotationX") for n in seen.names)
        return by_axis(seen.names, "", "", self.title, r"motionRotationRate([XYZ])\(rad/s\)") if own_gyro else {}

    def time(self, seen: Seen) -> KnownTime | None:
        logging = next(n for n in seen.names if n.startswith("loggingTime"))
        for name, clock in _STAMPS:
            if name in seen.names and seen.first(name):
                return KnownTime(name, "s", clock, anchor=logging)
        return None
