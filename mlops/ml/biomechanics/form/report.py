"""What a clip says about the form of an exercise, frozen; `to_dict` is the JSON of the page, the API and the diary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

VERSION = 2


@dataclass(frozen=True)
class Repetition:
    """One repetition, or one hold.

    start_s, peak_s, end_s    end: 80 % of the way back are done
    down_s, pause_s, up_s     phases in the order of the exercise's `phases` (down, bottom, up or up, top, down)
    ranges                    {joint: (least, most)} in degrees, from the refined clip; only what the view shows
    depth                     {"measure", "value"} of the depth that is evaluated, or None
    symmetry                  0 … 1 (equal), None where one side hides the other
    score, confidence         0 … 100 or None with `reason`, 0 … 1
    checks                    all faults that were looked for, costliest first; those that cost nothing have cost 0
    unjudged                  faults that this view cannot show
    """

    number: int
    start_s: float
    peak_s: float
    end_s: float
    down_s: float
    pause_s: float
    up_s: float
    side: str
    view: str
    ranges: dict[str, tuple[float, float]]
    depth: dict[str, Any] | None
    symmetry: float | None
    score: float | None
    confidence: float
    reason: dict[str, str] | None
    cue: str
    checks: tuple[dict[str, Any], ...]
    unjudged: tuple[str, ...]

    @property
    def faults(self) -> tuple[dict[str, Any], ...]:
        return tuple(one for one in self.checks if one["cost"] > 0)

    @property
    def risks(self) -> tuple[dict[str, Any], ...]:
        return tuple(one for one in self.faults if one["risk"])


@dataclass(frozen=True)
class FormReport:
    """See docs/form.md for every field."""

    version: int
    exercise: dict[str, Any]
    view: str
    subject: dict[str, Any]
    rate_hz: float
    score: float | None
    confidence: float
    reason: dict[str, str] | None
    repetitions: tuple[Repetition, ...]
    risks: tuple[dict[str, Any], ...]
    times_s: tuple[float, ...]
    angles: dict[str, tuple[float | None, ...]]
    phases: tuple[dict[str, Any], ...]
    height_m: float | None
    m_per_unit: float | None
    notes: tuple[str, ...]

    @property
    def n_repetitions(self) -> int:
        return len(self.repetitions)

    def to_dict(self) -> dict[str, Any]:
        """JSON: numbers rounded, NaN as null."""
        found = asdict(self)
        found["n_repetitions"] = self.n_repetitions
        for row, one in zip(found["repetitions"], self.repetitions, strict=True):
            row["faults"] = [fault["fault"] for fault in one.faults]
        plain: dict[str, Any] = _plain(found)
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if isfinite(value) else None
    return value
