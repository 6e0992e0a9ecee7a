"""SensorStreamer by Jan Mrázek (Android): JSON packets ``{"accelerometer": {"timestamp": …, "value": [x, y, z]}}``.

Stamps are Android's: nanoseconds since the phone was switched on. Units are Android's too: m/s², rad/s, µT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen
from mlops.ml.sensors.readers.words import Quantity

_VALUE = re.compile(
    r"(accelerometer|gyroscope|magnetic_field|magnetometer|linear_acceleration|gravity)\.values?\.([0-2]|[xyz])",
    re.IGNORECASE,
)
_SENSORS = {
    "accelerometer": ("acc", "m/s²"),
    "gyroscope": ("gyr", "rad/s"),
    "magnetic_field": ("mag", "µT"),
    "magnetometer": ("mag", "µT"),
    "linear_acceleration": ("lin", "m/s²"),
    "gravity": ("grav", "m/s²"),
}


class SensorStreamer(Logger):
    title = "SensorStreamer"

    def looks_like(self, seen: Seen) -> bool:
        return seen.fmt == "jsonl" and any(_VALUE.fullmatch(name) for name in seen.names)

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        found = {}
        for name in seen.names:
            match = _VALUE.fullmatch(name)
            if match:
                sensor, unit = _SENSORS[match[1].lower()]
                axis = "xyz"[int(match[2])] if match[2].isdigit() else match[2].lower()
                found[name] = Quantity(sensor, axis, unit, self.title)
        return found

    def time(self, seen: Seen) -> KnownTime | None:
        stamp = next((name for name in seen.names if name.lower().endswith("timestamp")), None)
        return KnownTime(stamp, "ns", "") if stamp and 13 <= len(seen.first(stamp)) <= 20 else None
