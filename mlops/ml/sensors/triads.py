"""Sensors with three axes, found in a layout by the names and units of its channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GRAVITY = 9.80665
TriadKind = Literal["acc", "gyr", "mag"]

_AXIS = re.compile(r"(.*?)[_.]?([xyz])", re.IGNORECASE)
_UNITS: dict[str, tuple[TriadKind, float]] = {
    "m/s²": ("acc", 1.0),
    "m/s2": ("acc", 1.0),
    "g": ("acc", GRAVITY),
    "rad/s": ("gyr", 1.0),
    "°/s": ("gyr", 0.017453292519943295),
    "deg/s": ("gyr", 0.017453292519943295),
    "µT": ("mag", 1.0),
    "uT": ("mag", 1.0),
    "G": ("mag", 1.0),
}


@dataclass(frozen=True)
class Triad:
    """Three channels that measure one vector; `scale` takes them to m/s² or rad/s. `unit` names the device, or ""."""

    kind: TriadKind
    unit: str
    columns: tuple[int, int, int]
    scale: float


def find_triads(channels: Sequence[tuple[str, str]]) -> list[Triad]:
    """All complete triads of (name, unit) channels, in the layout's order."""
    axes: dict[tuple[str, str], dict[str, int]] = {}
    for column, (name, unit) in enumerate(channels):
        match = _AXIS.fullmatch(name)
        if match is not None and unit in _UNITS:
            axes.setdefault((match[1], unit), {})[match[2].lower()] = column
    found = []
    for (stem, unit), columns in axes.items():
        if set(columns) == set("xyz"):
            kind, scale = _UNITS[unit]
            device = stem.rpartition(".")[0]
            found.append(Triad(kind, device, (columns["x"], columns["y"], columns["z"]), scale))
    return found


def find_norms(channels: Sequence[tuple[str, str]]) -> list[tuple[int, float]]:
    """Single channels that give the length of the acceleration: (column, scale to m/s²)."""
    in_triads = {column for triad in find_triads(channels) for column in triad.columns}
    return [
        (column, _UNITS[unit][1])
        for column, (name, unit) in enumerate(channels)
        if column not in in_triads and unit in _UNITS and _UNITS[unit][0] == "acc" and "acc" in name.lower()
    ]
