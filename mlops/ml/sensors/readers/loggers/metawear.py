"""MetaWear / MetaMotion (MbientLab MetaBase): ``epoc (ms)`` since 1970, the same on a local clock with the zone in its
heading, ``elapsed (s)``, then x-, y- and z-axis with their unit. One file per sensor, each with a rate of its own.
"""

from __future__ import annotations

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen


class MetaWear(Logger):
    title = "MetaWear"

    def looks_like(self, seen: Seen) -> bool:
        plain = [name.strip().lower().replace("epoch", "epoc") for name in seen.names]
        return "epoc (ms)" in plain and any(name.startswith("x-axis (") for name in plain)

    def time(self, seen: Seen) -> KnownTime | None:
        epoch = next(name for name in seen.names if name.strip().lower().startswith("epoc"))
        return KnownTime(epoch, "ms", "1970")
