"""Physics Toolbox Sensor Suite: gFx is a g-force in g, ax an acceleration without gravity in m/s², wx a turning rate in
rad/s, Bx a magnetic field in µT; time in seconds from the start or as a time of day.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity


class PhysicsToolbox(Logger):
    title = "Physics Toolbox"

    def looks_like(self, seen: Seen) -> bool:
        return seen.has("time", "gFx", "gFy", "gFz") or seen.has("time", "ax", "ay", "az", "aT")

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        return {
            **by_axis(seen.names, "acc", "g", self.title, "gF([xyz])"),
            **by_axis(seen.names, "lin", "m/s²", self.title, "a([xyz])"),
            **by_axis(seen.names, "gyr", "rad/s", self.title, "w([xyz])"),
            **by_axis(seen.names, "mag", "µT", self.title, "B([xyz])"),
        }
