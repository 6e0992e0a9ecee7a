"""The table of exercises and holds (`exercises.json`): read once, checked, frozen. The browser reads the same file."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadValue

PATH = Path(__file__).with_name("exercises.json")
OVERS = ("rest", "down", "bottom", "up", "all")
TAKES = ("median", "high", "low", "range", "change", "moved", "value")


@dataclass(frozen=True)
class Condition:
    """What must hold for a movement to be this exercise; `soft` is how far off it may be and still be half true."""

    measure: str
    over: str
    take: str
    soft: float
    least: float | None = None
    most: float | None = None
    views: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Costs nothing up to `limit`, all its points from `worst` on, in between in proportion."""

    key: str
    measure: str
    over: str
    take: str
    limit: float
    worst: float
    points: float
    views: tuple[str, ...]
    cue: str
    sentence: str
    source: str
    risk: bool


@dataclass(frozen=True)
class Signal:
    """What is counted: rises with effort after multiplication by `sign`; `each`: both sides by themselves;
    `from_effort`: the first may begin at the peak (a bar on the floor)."""

    measure: str
    sign: int
    least: float
    usual: float
    each: bool
    from_effort: bool


@dataclass(frozen=True)
class Exercise:
    key: str
    title: str
    family: str
    kind: str
    recognise: bool
    needs: tuple[str, ...]
    views: tuple[str, ...]
    faults: tuple[Fault, ...]
    unseen: tuple[str, ...]
    signal: Signal | None = None
    duration_s: tuple[float, float] = (0.0, 0.0)
    phases: tuple[str, ...] = ()
    counts_if: tuple[Condition, ...] = ()
    tells: tuple[Condition, ...] = ()
    least_s: float = 0.0
    posture: tuple[Condition, ...] = ()

    @property
    def is_hold(self) -> bool:
        return self.kind == "hold"


@cache
def document() -> dict[str, Any]:
    """The file as it is: version, sources by key, what cannot be seen, exercises."""
    return dict(json.loads(PATH.read_text("utf-8")))


@cache
def exercises() -> dict[str, Exercise]:
    """All of the table by key."""
    return {one["key"]: _exercise(one) for one in document()["exercises"]}


def exercise_for(key: str) -> Exercise:
    """Raises BadValue for an unknown one."""
    if key not in exercises():
        raise BadValue(f"There is no exercise {key!r} in the table.")
    return exercises()[key]


def _exercise(row: dict[str, Any]) -> Exercise:
    made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    for name in ("counts_if", "tells", "posture"):
        made[name] = tuple(Condition(**_frozen(one)) for one in row.get(name, []))
    made["faults"] = tuple(Fault(**_frozen(one)) for one in row["faults"])
    if "signal" in row:
        made["signal"] = Signal(**row["signal"])
    unknown = set(made) - {field.name for field in fields(Exercise)}
    if unknown:
        raise BadValue(f"{row['key']}: unknown fields {sorted(unknown)}")
    return Exercise(**made)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
