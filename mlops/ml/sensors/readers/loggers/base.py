"""What a logger is to the readers: does a file look like its own, and what do its documents say about the columns?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.words import Quantity


@dataclass(frozen=True)
class Seen:
    """What a logger judges a file by: its name, its columns, what stands before them, the first cells as text."""

    fmt: str
    filename: str
    names: Sequence[str]
    units: Mapping[str, str] = field(default_factory=dict)
    preamble: Sequence[Sequence[str]] = ()
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name without folders and suffix."""
        return re.sub(r"\.[A-Za-z0-9]{1,7}$", "", self.filename.rsplit("/", 1)[-1])

    def has(self, *names: str) -> bool:
        """True when all these columns are there, whatever their case."""
        lower = {name.strip().lower() for name in self.names}
        return all(name.lower() in lower for name in names)

    def first(self, name: str) -> str:
        """The first cell of a column, "" without one."""
        cells = self.texts.get(name, ())
        return cells[0].strip() if cells else ""


class Logger:
    """One program that records sensors. A subclass answers from its documented format and knows nothing else."""

    title = ""
    """Its name for people."""

    def looks_like(self, seen: Seen) -> bool:
        """True when a file was surely written by it."""
        raise NotImplementedError

    def columns(self, seen: Seen) -> Mapping[str, Quantity]:
        """Columns whose meaning or unit its documents tell beyond what their names say."""
        return {}

    def time(self, seen: Seen) -> KnownTime | None:
        """Its time column; None where the column's own name and numbers are enough."""
        return None

    def notes(self, seen: Seen) -> tuple[str, ...]:
        """What a person should know about the file."""
        return ()

    def unit_doubt(self, seen: Seen) -> Mapping[str, str]:
        """sensor → likely unit, where versions of the program differ and a person must say which one it was."""
        return {}


def by_axis(names: Sequence[str], sensor: str, unit: str, source: str, pattern: str = "([xyz])") -> dict[str, Quantity]:
    """Return the quantities of columns whose whole name matches `pattern`, with the axis as its first group."""
    found = {}
    for name in names:
        match = re.fullmatch(pattern, name.strip(), re.IGNORECASE)
        if match:
            found[name] = Quantity(sensor, match.group(1).lower(), unit, source)
    return found
