"""Shimmer (ConsensysPRO): a hint ``sep=``, names such as Unit_7_Accel_LN_X_CAL, a row of units, a trailing delimiter.

``CAL`` columns are calibrated and carry their unit; ``RAW`` ones are counts. The low-noise accelerometer (LN) goes
before the wide-range one (WR). Timestamp_Unix_CAL is ms since 1970, Timestamp_CAL ms from switching on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen
from mlops.ml.sensors.readers.words import Quantity

_NAME = re.compile(r"(.*_)?(Accel_LN|Accel_WR|Gyro|Mag)_([XYZ])_(CAL|RAW)", re.IGNORECASE)
_UNIX = re.compile(r"(.*_)?Timestamp_Unix_CAL", re.IGNORECASE)
_OWN = re.compile(r"(.*_)?Timestamp_CAL", re.IGNORECASE)


class Shimmer(Logger):
    title = "Shimmer"

    def looks_like(self, seen: Seen) -> bool:
        return any(_NAME.fullmatch(name.strip()) for name in seen.names)

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        """Sensors beside the preferred one get no meaning, so that they are not mixed up with it."""
        low_noise = any(re.search("Accel_LN_[XYZ]_CAL", name, re.IGNORECASE) for name in seen.names)
        found = {}
        for name in seen.names:
            match = _NAME.fullmatch(name.strip())
            spare = match and (match[4].upper() == "RAW" or (low_noise and match[2].upper() == "ACCEL_WR"))
            if spare:
                found[name] = Quantity()
        return found

    def time(self, seen: Seen) -> KnownTime | None:
        for pattern, clock in ((_UNIX, "1970"), (_OWN, "start")):
            for name in seen.names:
                if pattern.fullmatch(name.strip()):
                    return KnownTime(name, "ms", clock)
        return None
