"""Units as files write them, and the factors between them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["acc", "rate", "angle", "mag", "time"]
STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3

_DEGREE = math.pi / 180


@dataclass(frozen=True)
class Unit:
    """A unit by its usual name; `factor` takes it to the first unit of its family (m/s², rad/s, rad, µT, s)."""

    name: str
    family: Family
    factor: float


_UNITS: dict[Unit, tuple[str, ...]] = {
    Unit("m/s²", "acc", 1.0): (
        "m/s2", "m/s/s", "ms-2", "m.s-2", "mps2", "ms2", "m/sec2", "m_s2", "m/s**2", "meter/s2", "meters/s2", "м/с2",
        "метр/с2", "米/秒2", "m/s",  # a lost exponent: only read as such for an acceleration
    ),
    Unit("g", "acc", STANDARD_GRAVITY): ("g", "gs", "g0", "gee", "gforce", "g-force", "standardgravity"),
    Unit("mg", "acc", STANDARD_GRAVITY / 1000): ("mg", "millig", "milli-g", "mgs"),
    Unit("cm/s²", "acc", 0.01): ("cm/s2", "gal", "cm/s/s"),
    Unit("rad/s", "rate", 1.0): ("rad/s", "rads", "rad/sec", "rad_s", "radian/s", "radians/s", "rad.s-1", "рад/с"),
    Unit("°/s", "rate", _DEGREE): (
        "deg/s", "dps", "°/s", "degree/s", "degrees/s", "deg/sec", "degs", "deg_s", "grad/s", "º/s", "deg.s-1",
        "град/с",
        "°/sec", "degrees/sec",
    ),
    Unit("mdps", "rate", _DEGREE / 1000): ("mdps", "mdeg/s", "m°/s", "millidps"),
    Unit("mrad/s", "rate", 1e-3): ("mrad/s",),
    Unit("rpm", "rate", math.pi / 30): ("rpm", "u/min"),
    Unit("rad", "angle", 1.0): ("rad", "radian", "radians", "рад"),
    Unit("°", "angle", _DEGREE): ("deg", "°", "º", "degree", "degrees", "grad", "град"),
    Unit("µT", "mag", 1.0): ("ut", "µt", "microtesla", "мктл"),
    Unit("mT", "mag", 1e3): ("mt", "millitesla"),
    Unit("T", "mag", 1e6): ("t", "tesla"),
    Unit("nT", "mag", 1e-3): ("nt", "nanotesla"),
    Unit("G", "mag", 100.0): ("gauss", "ga"),
    Unit("mG", "mag", 0.1): ("mgauss", "milligauss", "mga"),
    Unit("s", "time", 1.0): ("s", "sec", "secs", "second", "seconds", "с", "秒"),
    Unit("ms", "time", 1e-3): ("ms", "msec", "millis", "millisecond", "milliseconds", "мс", "毫秒", "ミリ秒"),
    Unit("us", "time", 1e-6): ("us", "µs", "usec", "microsecond", "microseconds", "мкс"),
    Unit("ns", "time", 1e-9): ("ns", "nsec", "nanosecond", "nanoseconds"),
    Unit("min", "time", 60.0): ("min", "minute", "minutes"),
    Unit("h", "time", 3600.0): ("h", "hour", "hours"),
}  # fmt: skip
_BY_TEXT = {text: unit for unit, texts in _UNITS.items() for text in texts}
_BY_NAME = {unit.name: unit for unit in _UNITS}
_ONLY_ACC = {"m/s"}
_MAGNETIC = {"g": "G", "mg": "mG"}
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*(?:\([^()]*\)[^()\[\]{}]*)?)[)\]}]")
_NO_UNIT = {
    "",
    "-",
    "--",
    "none",
    "nounits",
    "no_units",
    "n/a",
    "na",
    "1",
    "unitless",
    "txt",
    "cal",
    "raw",
    "bool",
    "string",
}


def plain_unit(text: str) -> str:
    """Return a unit without case, spaces, brackets and typographic digits: ``m/(s^2)`` → ``m/s2``."""
    folded = text.strip().lower().replace("²", "2").replace("μ", "µ").replace("⁻", "-").replace("¹", "1")
    return re.sub(r"[\s^()\[\]{}·*]", "", folded.replace("**", "")).replace("per", "/")


def read_unit(text: str, sensor: str = "") -> Unit | None:
    """Return the unit that a text names, or None; `sensor` (acc, gyr, mag) decides what G and mG mean."""
    plain = plain_unit(text)
    if sensor == "mag" and plain in _MAGNETIC:
        return _BY_NAME[_MAGNETIC[plain]]
    if plain in _ONLY_ACC and sensor != "acc":
        return None
    return _BY_TEXT.get(plain)


def is_unit_cell(text: str) -> bool:
    """True for a cell of a units row: a unit, or what stands where there is none."""
    return plain_unit(text) in _NO_UNIT or read_unit(text, "acc") is not None or plain_unit(text) in _OTHER_UNITS


_OTHER_UNITS = {
    "%", "hpa", "pa", "mbar", "kpa", "°c", "c", "degc", "celsius", "mv", "v", "uv", "µv", "bpm", "1/min", "hz",
    "lux", "lx",
    "m", "mm", "km", "m/s", "km/h", "counts", "lsb", "adu", "µs/cm", "kohm", "ohm", "w", "kg", "db", "unixtime",
    "epoch",
    "local", "utc", "yyyy/mm/ddhh:mm:ss.000", "samples", "#",
}  # fmt: skip


def bracket_unit(name: str) -> str:
    """Return what stands in the last brackets of a column's name, or "": ``x-axis (g)`` → ``g``."""
    found = _BRACKETS.findall(name)
    return found[-1].strip() if found else ""


def factor_between(unit: str, wanted: str) -> float | None:
    """Return the factor from one unit to another, or None where they measure different things."""
    have, want = _BY_NAME.get(unit), read_unit(wanted) or _BY_NAME.get(wanted)
    if have is None or want is None or have.family != want.family:
        return None
    return have.factor / want.factor


def family_of(unit: str, sensor: str = "") -> Family | None:
    """Return what a layout's unit measures, or None for one that is not converted."""
    found = _BY_NAME.get(unit) or read_unit(unit, sensor)
    return found.family if found else None
