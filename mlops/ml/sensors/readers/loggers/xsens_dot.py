"""Movella / Xsens DOT: lines about the device, then PacketCounter, SampleTimeFine (µs, a counter of 32 bits), Acc in
m/s². The turning rate is in °/s in the app's exports and in rad/s in some of the SDK's, without saying so: it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity


class XsensDot(Logger):
    title = "Xsens DOT"

    def looks_like(self, seen: Seen) -> bool:
        return seen.has("SampleTimeFine") and (seen.has("Acc_X") or seen.has("FreeAcc_X") or seen.has("Gyr_X"))

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        return {
            **by_axis(seen.names, "acc", "m/s²", self.title, "Acc_([XYZ])"),
            **by_axis(seen.names, "lin", "m/s²", self.title, "FreeAcc_([XYZ])"),
        }

    def time(self, seen: Seen) -> KnownTime | None:
        fine = next(name for name in seen.names if name.strip().lower() == "sampletimefine")
        return KnownTime(fine, "us", "start")

    def unit_doubt(self, seen: Seen) -> Mapping[str, str]:
        return {"gyr": "°/s"}
