"""Quantities as people read them: kilograms or pounds, kilometres or miles, centimetres or feet, kcal or kJ.

The database and the API hold SI: kg, m, kJ. Pages, forms and sentences convert here and nowhere else;
`static/web/units.js` is the twin for scripts, with the same factors and the same rounding. Whose units: those that the
middleware activated for the request, or `override` for what is written to somebody else.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, replace
from typing import Any

from web.numbers import spelled

FACTORS = {
    "kg": 1.0, "lb": 0.45359237,
    "km": 1000.0, "mi": 1609.344,
    "cm": 0.01, "ft": 0.3048, "in": 0.0254,
    "kJ": 1.0, "kcal": 4.184,
}  # fmt: skip
"""How much of the stored unit (kg, m, kJ) one of each is."""
MASSES, DISTANCES, LENGTHS, ENERGIES = ("kg", "lb"), ("km", "mi"), ("cm", "ft"), ("kcal", "kJ")
_INCHES = 12


@dataclass(frozen=True)
class Units:
    """The units in which somebody reads. A length in "ft" is written in feet and inches."""

    mass: str = "kg"
    distance: str = "km"
    length: str = "cm"
    energy: str = "kcal"

    @property
    def system(self) -> str:
        """The nearer of the two systems, by what weights are given in."""
        return "imperial" if self.mass == "lb" else "metric"

    @property
    def spelled(self) -> str:
        """For a script: "kg km cm kcal"."""
        return " ".join(astuple(self))


METRIC = Units()
IMPERIAL = Units("lb", "mi", "ft")
SYSTEMS = {"metric": METRIC, "imperial": IMPERIAL}
_COUNTRIES = {
    "US": IMPERIAL, "LR": IMPERIAL, "MM": IMPERIAL,
    "GB": replace(METRIC, distance="mi"),
    "AU": replace(METRIC, energy="kJ"), "NZ": replace(METRIC, energy="kJ"),
}  # fmt: skip
_current: ContextVar[Units] = ContextVar("units", default=METRIC)


def units_for(system: str, **chosen: str) -> Units:
    """Those of a system, each replaced by what was chosen for it: units_for("metric", energy="kJ")."""
    return replace(SYSTEMS.get(system, METRIC), **{name: unit for name, unit in chosen.items() if unit})


def units_guessed(accept_language: str) -> Units:
    """What is usual in the country of the first language that a browser asks for; metric where it names none."""
    first = accept_language.partition(",")[0].partition(";")[0].strip()
    return _COUNTRIES.get(first.replace("_", "-").rpartition("-")[2].upper(), METRIC)


def current() -> Units:
    """The reader's."""
    return _current.get()


@contextmanager
def override(units: Units) -> Iterator[None]:
    """Inside the block, quantities are written in these units."""
    token = _current.set(units)
    try:
        yield
    finally:
        _current.reset(token)


def from_stored(value: float, unit: str) -> float:
    """A stored quantity (kg, m, kJ) in `unit`. Raises KeyError for an unknown unit."""
    return value / FACTORS[unit]


def to_stored(value: float, unit: str) -> float:
    """The way back."""
    return value * FACTORS[unit]


def rounded(value: float, digits: int = 0) -> float:
    """Halves go up, as in the twin; Python's own `round` sends them to the even neighbour."""
    factor: int = 10**digits
    return math.floor(value * factor + 0.5) / factor


def feet_and_inches(length_m: float, digits: int = 0) -> tuple[int, float]:
    """(feet, inches); inches never round up to twelve: 1.8288 m is 6 ft 0 in."""
    inches = rounded(from_stored(length_m, "in"), digits)
    return int(inches // _INCHES), rounded(inches % _INCHES, digits)


def mass_text(mass_kg: float, digits: int = 1) -> str:
    """A mass or a weight: "79.4 kg", "175 lb"."""
    unit = current().mass
    return f"{_short(from_stored(mass_kg, unit), digits)} {unit}"


def distance_text(distance_m: float, digits: int = 2) -> str:
    """A way: "5.25 km", "3.26 mi"."""
    unit = current().distance
    return f"{_short(from_stored(distance_m, unit), digits)} {unit}"


def length_text(length_m: float) -> str:
    """The height of a body or what is as long: "180 cm", "5 ft 11 in"."""
    if current().length == "cm":
        return f"{_short(from_stored(length_m, 'cm'), 0)} cm"
    feet, inches = feet_and_inches(length_m)
    return f"{spelled(feet)} ft {inches:.0f} in"


def energy_text(energy_kj: float) -> str:
    """An energy: "2,150 kcal", "8,996 kJ"."""
    unit = current().energy
    return f"{_short(from_stored(energy_kj, unit), 0)} {unit}"


def _short(value: float, digits: int) -> Any:
    """With at most so many digits, without zeros at the end."""
    shown = rounded(value, digits)
    text = f"{shown:,.{digits}f}"
    while "." in text and text[-1] in "0.":
        text = text[:-1]
    return spelled(shown, f",.{len(text.partition('.')[2])}f")
