"""Polar Sensor Logger and the Polar SDK's examples: ``Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]``.

The sensor counts nanoseconds since 2000-01-01; one whose clock was never set counts from 2019, and then the phone's
wall clock gives the date. Samples of a packet may share a stamp.
"""

from __future__ import annotations

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen


class Polar(Logger):
    title = "Polar"

    def looks_like(self, seen: Seen) -> bool:
        return seen.has("Phone timestamp") and any(n.strip().lower().startswith("sensor timestamp") for n in seen.names)

    def time(self, seen: Seen) -> KnownTime | None:
        stamp = next(n for n in seen.names if n.strip().lower().startswith("sensor timestamp"))
        phone = next(n for n in seen.names if n.strip().lower() == "phone timestamp")
        return KnownTime(stamp, "ns", "2000", anchor=phone)
