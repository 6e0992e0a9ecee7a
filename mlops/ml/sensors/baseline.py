"""How an athlete's sensor usually looks: what one layout measured in the last recordings of the same person.

Per channel the range that holds nearly all samples, and per labelled exercise the direction of gravity. Small, no
samples, made of one athlete's own recordings only. A new recording widens the range at once and narrows it slowly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue
from mlops.ml.sensors.triads import find_triads

Float64Array = npt.NDArray[np.float64]

EDGES = (0.005, 0.995)
NARROWS = 0.2
"""How far a range follows a recording that needs less of it."""
MARGIN = 0.2
"""Share of a range that may be left at either side …"""
MIN_MARGIN = 0.1
"""… and the least, in the channel's unit (rad, or tenths of g)."""
OUTSIDE = 0.10
"""Share of samples outside that is told …"""
MENDED = 0.25
"""… when a mirrored or swapped channel explains all but this part of them."""
FAR_OUTSIDE = 0.35
MIN_BINS = 300
MIN_RECORDING_S = 60.0


@dataclass(frozen=True)
class Baseline:
    """`channels` name `low` and `high` (n,); `directions` are exercise → channel → unit vector (3,)."""

    channels: tuple[str, ...]
    low: Float64Array
    high: Float64Array
    n_recordings: int = 1
    directions: Mapping[str, Mapping[str, tuple[float, float, float]]] = field(default_factory=dict)

    def direction(self, exercise: str, channel: str) -> Float64Array | None:
        """Where gravity pointed in an exercise, for the triad that begins with `channel`."""
        known = self.directions.get(exercise, {}).get(channel)
        return None if known is None else np.asarray(known)

    def counter(self, channels: Sequence[tuple[str, str]]) -> Outside | None:
        """What `envelope_findings` counts with; None for another layout. Triads are left to physics: what they measure
        depends on the exercise more than on the person."""
        in_triads = {column for triad in find_triads(channels) for column in triad.columns}
        columns = [column for column in range(len(channels)) if column not in in_triads]
        if tuple(name for name, _ in channels) != self.channels or not columns:
            return None
        return Outside(self, columns)

    def merged(self, newer: Baseline) -> Baseline:
        """This baseline after one more recording."""
        if newer.channels != self.channels:
            return newer
        low = np.where(newer.low < self.low, newer.low, self.low + NARROWS * (newer.low - self.low))
        high = np.where(newer.high > self.high, newer.high, self.high + NARROWS * (newer.high - self.high))
        directions = {name: dict(known) for name, known in self.directions.items()}
        for name, known in newer.directions.items():
            directions.setdefault(name, {}).update(known)
        return Baseline(self.channels, low, high, self.n_recordings + 1, directions)

    def to_json(self) -> dict[str, Any]:
        """Plain values for storage."""
        return {
            "channels": list(self.channels),
            "low": np.round(self.low, 4).tolist(),
            "high": np.round(self.high, 4).tolist(),
            "n_recordings": self.n_recordings,
            "directions": {name: {k: list(v) for k, v in known.items()} for name, known in self.directions.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Baseline:
        """What `to_json` gave. Raises BadValue."""
        try:
            directions = {
                str(name): {str(k): (float(v[0]), float(v[1]), float(v[2])) for k, v in known.items()}
                for name, known in stored["directions"].items()
            }
            return cls(
                tuple(stored["channels"]),
                np.asarray(stored["low"], np.float64),
                np.asarray(stored["high"], np.float64),
                int(stored["n_recordings"]),
                directions,
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise BadValue(f"not a baseline: {error!r}") from error


def baseline_of(
    channels: Sequence[tuple[str, str]],
    t_s: Float64Array,
    samples: npt.NDArray[Any],
    spans: Sequence[tuple[float, float, str]] = (),
) -> Baseline | None:
    """The baseline of one recording (n, channels) with its labelled spans; None for one shorter than a minute."""
    if len(t_s) < 2 or t_s[-1] - t_s[0] < MIN_RECORDING_S:
        return None
    low, high = np.quantile(samples, EDGES, axis=0)
    directions: dict[str, dict[str, tuple[float, float, float]]] = {}
    for triad in find_triads(channels):
        if triad.kind != "acc":
            continue
        for label in {label for _, _, label in spans}:
            inside = np.zeros(len(t_s), bool)
            for start_s, end_s, name in spans:
                if name == label:
                    inside |= (t_s >= start_s) & (t_s < end_s)
            if inside.sum() < 50:
                continue
            mean = samples[inside][:, list(triad.columns)].mean(axis=0).astype(np.float64)
            unit = mean / (np.linalg.norm(mean) or 1.0)
            name = channels[triad.columns[0]][0]
            directions.setdefault(label, {})[name] = (
                round(float(unit[0]), 3),
                round(float(unit[1]), 3),
                round(float(unit[2]), 3),
            )
    names = tuple(name for name, _ in channels)
    return Baseline(names, np.asarray(low, np.float64), np.asarray(high, np.float64), 1, directions)


class Outside:
    """Counts, for one stream, the bins that lie outside the baseline's ranges: as they are, mirrored, and swapped.

    `own` and `mirrored` (n,), `swapped` (n, n): channel i held against the range of channel j.
    """

    def __init__(self, baseline: Baseline, columns: Sequence[int]) -> None:
        self.columns = list(columns)
        margin = np.maximum(MARGIN * (baseline.high - baseline.low), MIN_MARGIN)
        self.low, self.high = (baseline.low - margin)[self.columns], (baseline.high + margin)[self.columns]
        self.own = np.zeros(len(self.low))
        self.mirrored = np.zeros(len(self.low))
        self.swapped = np.zeros((len(self.low), len(self.low)))
        self.n = 0
        self.names = [baseline.channels[column] for column in self.columns]

    def add(self, rows: npt.NDArray[np.floating]) -> None:
        """Take bins (n, channels)."""
        rows = rows[:, self.columns]
        self.n += len(rows)
        self.own += ((rows < self.low) | (rows > self.high)).sum(axis=0)
        self.mirrored += ((-rows < self.low) | (-rows > self.high)).sum(axis=0)
        each = rows[:, :, None]
        self.swapped += ((each < self.low) | (each > self.high)).sum(axis=0)


def envelope_findings(outside: Outside, rows: npt.NDArray[np.floating]) -> list[tuple[str, int, Any]]:
    """(code, column, detail) for channels far outside what they used to measure; `rows` are the newest bins."""
    outside.add(rows)
    if outside.n < MIN_BINS:
        return []
    own, mirrored, swapped = outside.own / outside.n, outside.mirrored / outside.n, outside.swapped / outside.n
    found: list[tuple[str, int, Any]] = []
    for column in np.flatnonzero(own > OUTSIDE).tolist():
        if mirrored[column] < MENDED * own[column]:
            found.append(("mirrored", outside.columns[column], None))
            continue
        both = own[column] + own
        mended = swapped[column, :] + swapped[:, column]
        mended[column] = np.inf
        partner = int((mended / np.maximum(both, 1e-9)).argmin())
        if mended[partner] < MENDED * both[partner]:
            found.append(("swapped", outside.columns[column], outside.names[partner]))
        elif own[column] > FAR_OUTSIDE:
            found.append(("range", outside.columns[column], None))
    return found
