"""Movesense: the showcase app's CSV (``timestamp,x,y,z``, ms of a 32-bit counter, one file per sensor named
``…_acc…``), and the recorder's JSON (``Meas/Acc`` objects whose ArrayAcc holds several samples under one Timestamp).

Accelerations are in m/s², turning rates in °/s, the magnetic field in µT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen, by_axis
from mlops.ml.sensors.readers.words import Quantity

_UNITS = {"acc": "m/s²", "gyr": "°/s", "mag": "µT"}
_ARRAY = re.compile(r"(?:.*\.)?Array(Acc|Gyro|Magn)(?:\.\d+)?\.([xyz])", re.IGNORECASE)
_KEYS = {"acc": "acc", "gyro": "gyr", "magn": "mag"}


class Movesense(Logger):
    title = "Movesense"

    def looks_like(self, seen: Seen) -> bool:
        named = "movesense" in seen.filename.lower() and seen.has("timestamp", "x", "y", "z")
        return named or any(_ARRAY.fullmatch(name) for name in seen.names)

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        found = {}
        for name in seen.names:
            match = _ARRAY.fullmatch(name)
            if match:
                sensor = _KEYS[match[1].lower()]
                found[name] = Quantity(sensor, match[2].lower(), _UNITS[sensor], self.title)
        word = re.search(r"(acc|gyr|mag)", seen.stem.lower().replace("magn", "mag"))
        if not found and word:
            return by_axis(seen.names, word[1], _UNITS[word[1]], self.title)
        return found

    def time(self, seen: Seen) -> KnownTime | None:
        for name in seen.names:
            if name.rpartition(".")[2].lower() == "timestamp":
                return KnownTime(name, "ms", "" if len(seen.first(name)) > 11 else "start")
        return None
