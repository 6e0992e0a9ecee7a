"""OpenLog Artemis (SparkFun): lines of chatter, then rtcDate,rtcTime,aX,aY,aZ,gX,gY,gZ,mX,mY,mZ.

By its documents accelerations are in milli g, turning rates in °/s, the magnetic field in µT. Unwritten space of the
card may follow the last line.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity


class OpenLogArtemis(Logger):
    title = "OpenLog Artemis"

    def looks_like(self, seen: Seen) -> bool:
        return seen.has("aX", "aY", "aZ") and (seen.has("rtcTime") or seen.has("micros") or seen.has("output_Hz"))

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        return {
            **by_axis(seen.names, "acc", "mg", self.title, "a([XYZ])"),
            **by_axis(seen.names, "gyr", "°/s", self.title, "g([XYZ])"),
            **by_axis(seen.names, "mag", "µT", self.title, "m([XYZ])"),
        }
