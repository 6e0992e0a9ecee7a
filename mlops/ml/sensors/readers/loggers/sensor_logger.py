"""Sensor Logger by Kelvin Choi: one CSV per sensor, ``time`` in ns since 1970, ``seconds_elapsed``, z before y before
x.

Units by its UNITS.md: m/s², rad/s, µT. ``Accelerometer`` is without gravity on Android and on iOS; what the
accelerometer itself measures is ``TotalAcceleration``. The uncalibrated accelerometer is in g on iOS and in m/s²
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity

_SENSORS = {
    "totalacceleration": ("acc", "m/s²"),
    "accelerometer": ("lin", "m/s²"),
    "gravity": ("grav", "m/s²"),
    "gyroscope": ("gyr", "rad/s"),
    "gyroscopeuncalibrated": ("gyr", "rad/s"),
    "magnetometer": ("mag", "µT"),
    "magnetometeruncalibrated": ("mag", "µT"),
    "accelerometeruncalibrated": ("acc", ""),
}


class SensorLogger(Logger):
    title = "Sensor Logger"

    def looks_like(self, seen: Seen) -> bool:
        return seen.has("time", "seconds_elapsed")

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        found = _SENSORS.get(seen.stem.lower())
        if found and seen.has("x", "y", "z"):
            return by_axis(seen.names, found[0], found[1], self.title)
        told: dict[str, Quantity] = {}
        for name in seen.names:
            sensor, _, axis = name.lower().rpartition(".")
            known = _SENSORS.get(sensor)
            if known and axis in ("x", "y", "z"):
                told[name] = Quantity(known[0], axis, known[1], self.title)
        if seen.has("rotationRateX"):  # WristMotion and Headphone
            told |= by_axis(seen.names, "gyr", "rad/s", self.title, "rotationRate([XYZ])")
            told |= by_axis(seen.names, "lin", "", self.title, "acceleration([XYZ])")
            told |= by_axis(seen.names, "grav", "", self.title, "gravity([XYZ])")
        return told

    def time(self, seen: Seen) -> KnownTime | None:
        time = next(name for name in seen.names if name.strip().lower() == "time")
        return KnownTime(time, "ns", "1970") if seen.first(time).isdigit() and len(seen.first(time)) > 17 else None

    def notes(self, seen: Seen) -> tuple[str, ...]:
        if seen.stem.lower() == "accelerometer":
            return ("Accelerometer holds the movement without gravity; gravity is in TotalAcceleration.",)
        return ()
