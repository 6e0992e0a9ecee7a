"""The loggers that are known by name, each in a file of its own with its documented format.

Adding one: write a `Logger` and add it to `LOGGERS`; nothing else asks who wrote a file.
"""

from __future__ import annotations

from mlops.ml.sensors.readers.loggers.base import Logger, Seen
from mlops.ml.sensors.readers.loggers.metawear import MetaWear
from mlops.ml.sensors.readers.loggers.movesense import Movesense
from mlops.ml.sensors.readers.loggers.openlog import OpenLogArtemis
from mlops.ml.sensors.readers.loggers.phyphox import Phyphox
from mlops.ml.sensors.readers.loggers.physics_toolbox import PhysicsToolbox
from mlops.ml.sensors.readers.loggers.polar import Polar
from mlops.ml.sensors.readers.loggers.sensor_logger import SensorLogger
from mlops.ml.sensors.readers.loggers.sensorlog import SensorLog
from mlops.ml.sensors.readers.loggers.sensorstreamer import SensorStreamer
from mlops.ml.sensors.readers.loggers.shimmer import Shimmer
from mlops.ml.sensors.readers.loggers.xsens_dot import XsensDot

__all__ = ["LOGGERS", "Logger", "Seen", "find_logger"]

LOGGERS: tuple[Logger, ...] = (
    SensorLogger(),
    MetaWear(),
    XsensDot(),
    Shimmer(),
    Polar(),
    SensorLog(),
    OpenLogArtemis(),
    PhysicsToolbox(),
    Phyphox(),
    Movesense(),
    SensorStreamer(),
)


def find_logger(seen: Seen) -> Logger | None:
    """Return the first logger that a file looks like, or None."""
    return next((logger for logger in LOGGERS if logger.looks_like(seen)), None)
