"""phyphox: ``Time (s)`` from the start of the measurement, units in every heading, in the language of the phone.

``Acceleration`` holds gravity, ``Linear Acceleration`` does not. In an exported ZIP, meta/time.csv tells at which
system time the measurement started and paused; the experiment's own time leaves the pauses out.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.loggers.base import Logger, Seen
from mlops.ml.sensors.readers.unit_names import bracket_unit
from mlops.ml.sensors.readers.words import is_time_name, read_name

TIME_FILE = "meta/time.csv"


class Phyphox(Logger):
    title = "phyphox"

    def looks_like(self, seen: Seen) -> bool:
        names = [name for name in seen.names if name]
        if not 4 <= len(names) <= 6 or not names[0].endswith(" (s)") or not is_time_name(names[0]):
            return False
        axes = [read_name(name) for name in names[1:4]]
        return all(bracket_unit(name) for name in names[1:4]) and [q.axis for q in axes] == ["x", "y", "z"]

    def time(self, seen: Seen) -> KnownTime | None:
        return KnownTime(seen.names[0], "s", "start")


def read_marks(text: str) -> tuple[float, tuple[tuple[float, float], ...]] | None:
    """Read meta/time.csv: (seconds since 1970 at experiment time 0, (experiment second, added seconds) per pause).

    None for a text that is no such file.
    """
    rows: Sequence[Sequence[str]] = list(csv.reader(text.splitlines(), delimiter=";" if '";"' in text else ","))
    epoch: float | None = None
    marks: list[tuple[float, float]] = []
    shift = 0.0
    for row in rows[1:]:
        if len(row) < 3 or row[0].strip().upper() != "START":
            continue
        try:
            at, system = (float(cell.strip().replace(",", ".")) for cell in row[1:3])
        except ValueError:
            return None
        if epoch is None:
            epoch = shift = system - at
        elif system - at - shift > 0:
            marks.append((at, system - at - shift))
            shift = system - at
    return None if epoch is None else (epoch, tuple(marks))
