"""Is this sensor well, and worn as last time? One stream against physics and against the athlete's own baseline.

gravity    an accelerometer at rest measures 9.81 m/s² (1 g), whichever way it is turned; else its gain or unit is wrong
axes       the accelerometer and the gyroscope of one device agree (see rigid_body); else an axis is swapped or mirrored
gain       the same relation says whether the gyroscope turns as much as gravity does
turned     in the same exercise gravity points where it did in the athlete's earlier recordings
unplugged  a channel that never changes
no_gyroscope   all three of a gyroscope never change: the device has none, and what needs one says nothing
clipping   flat tops: the signal stays at its extreme value, far from its middle
rate, jitter, gaps   the time stamps against the rate that was declared

It looks at the stream every ten seconds, on bins of 0.1 s; a finding stands after two looks in a row and goes again
after two without it, so that nobody is alarmed by a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.baseline import Baseline, envelope_findings
from mlops.ml.sensors.motion import BIN_HZ, Block
from mlops.ml.sensors.rigid_body import PERMUTATIONS, RigidBody
from mlops.ml.sensors.sensor_texts import Check, text_of
from mlops.ml.sensors.triads import GRAVITY, Triad, find_norms, find_triads

LOOK_EVERY = 10
"""Blocks of a second."""
STILL_SPREAD = 0.35
"""m/s² within a second that still count as keeping still."""
GRAVITY_OFF = 0.12
GRAVITY_WRONG = 0.5
MIN_STILL = 4
"""Still seconds before gravity is judged …"""
LAST_STILL = 40
"""… by the newest ones."""
DISAGREE, AGREE = 0.55, 0.45
"""Axes are wrong when their agreement is under this share of the best one, and that is at least `AGREE`."""
SURE = 0.85
"""Agreement from which the slope tells a gain …"""
MIN_SLOPE, MOST_SLOPE = 0.70, 1.43
MIN_CONSTANT_S = 10
FLAT_SHARE, FLAT_RUN = 0.02, 4
TURNED_DEG, MENDED_DEG = 45.0, 20.0
MIN_LOOKS = 5
"""Looks at an exercise before its direction of gravity is judged: several repetitions."""
JITTER = 4.0

Float64Array = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Still:
    """Lengths of gravity in still seconds, newest last."""

    column: int
    """First column, to name the channel."""
    lengths: list[float]


class SensorChecker:
    """Sees the blocks of one stream; `checks` are the findings that stand now."""

    def __init__(
        self, channels: Sequence[tuple[str, str]], declared_hz: float, baseline: Baseline | None = None
    ) -> None:
        self.checks: list[Check] = []
        self._names = [name for name, _ in channels]
        self._declared_hz = declared_hz
        self._baseline = baseline
        triads = find_triads(channels)
        self._triads = [triad for triad in triads if triad.kind == "acc"]
        gyros = {triad.unit: triad for triad in triads if triad.kind == "gyr"}
        self._gyros = list(gyros.values())
        self._pairs = [(acc, gyros[acc.unit], RigidBody()) for acc in self._triads if acc.unit in gyros]
        self._norms = find_norms(channels)
        self._still = [_Still(triad.columns[0], []) for triad in self._triads]
        self._still += [_Still(column, []) for column, _ in self._norms]
        self._constant_s = np.zeros(len(channels), np.int32)
        self._last = np.full(len(channels), np.nan)
        self._low, self._high = np.full(len(channels), np.inf), np.full(len(channels), -np.inf)
        self._mean, self._square, self._n = np.zeros(len(channels)), np.zeros(len(channels)), 0
        self._flat = np.zeros(len(channels))
        self._n_looked = 0
        self._outside = None if baseline is None else baseline.counter(channels)
        self._directions: dict[tuple[str, int], tuple[Float64Array, int]] = {}
        self._rows: list[npt.NDArray[np.floating]] = []
        self._n_samples, self._n_seconds, self._n_gaps, self._jitters = 0, 0, 0, 0
        self._pending: dict[tuple[str, str], int] = {}
        self._standing: dict[tuple[str, str], Check] = {}

    def gap(self) -> None:
        """The samples stopped for more than a second."""
        self._n_gaps += 1
        self._rows = []

    def see(self, block: Block, exercise: str | None) -> bool:
        """Take a second of the stream and what is announced in it; returns whether `checks` changed."""
        self._rows.append(block.rows)
        self._n_samples += len(block.t)
        self._n_seconds += 1
        if len(self._rows) < LOOK_EVERY:
            return False
        rows = np.concatenate(self._rows)
        self._rows = []
        found: dict[tuple[str, str], Check] = {}
        for code, column, severity, text in (
            *self._gravity(rows),
            *self._axes(rows),
            *self._channels(rows, block),
            *self._timing(block),
            *self._compare(rows, exercise),
        ):
            channel = self._names[column] if column is not None else ""
            found[code, channel] = Check(code, channel, severity, text)
        return self._settle(found)

    @property
    def quality(self) -> str:
        """good, check or bad, for a board."""
        severities = {check.severity for check in self.checks}
        return "bad" if "error" in severities else "check" if "warning" in severities else "good"

    # -- one look each: (code, column, severity, sentence) ------------------------------------------------

    def _gravity(self, rows: npt.NDArray[np.floating]) -> list[tuple[str, int | None, str, str]]:
        seconds = rows.reshape(LOOK_EVERY, -1, rows.shape[1])
        found: list[tuple[str, int | None, str, str]] = []
        vectors = [(seconds[:, :, list(triad.columns)] * triad.scale) for triad in self._triads]
        vectors += [(seconds[:, :, [column]] * scale) for column, scale in self._norms]
        for still, vector in zip(self._still, vectors, strict=True):
            middle = vector.mean(axis=1)
            length = np.sqrt(np.einsum("ij,ij->i", middle, middle))
            spread = np.sqrt(vector.var(axis=1).sum(axis=1))
            quiet = spread < STILL_SPREAD * np.maximum(1.0, length / GRAVITY)
            still.lengths = (still.lengths + length[quiet].tolist())[-LAST_STILL:]
            if len(still.lengths) < MIN_STILL:
                continue
            off = sorted(abs(one / GRAVITY - 1.0) for one in still.lengths)[len(still.lengths) * 2 // 3]
            if off > GRAVITY_OFF:
                now = sorted(still.lengths)[len(still.lengths) // 2] / GRAVITY
                severity = "error" if off > GRAVITY_WRONG else "warning"
                found.append(("gravity", still.column, severity, text_of("gravity", self._names[still.column], now)))
        return found

    def _axes(self, rows: npt.NDArray[np.floating]) -> list[tuple[str, int | None, str, str]]:
        found: list[tuple[str, int | None, str, str]] = []
        for acc, gyr, body in self._pairs:
            body.add(_vector(rows, acc), _vector(rows, gyr), 1 / BIN_HZ)
            agreement = body.agreement()
            if agreement is None:
                continue
            name = self._names[acc.columns[0]]
            if agreement.best > AGREE and agreement.as_worn < DISAGREE * agreement.best:
                text = text_of("axes", name, swapped_axes(agreement.matrix))
                found.append(("axes", acc.columns[0], "error", text))
            elif agreement.as_worn < -AGREE:
                found.append(("axes", acc.columns[0], "error", text_of("axes", name, "")))
            elif agreement.as_worn > SURE and not MIN_SLOPE < agreement.slope < MOST_SLOPE:
                name = self._names[gyr.columns[0]]
                found.append(("gain", gyr.columns[0], "warning", text_of("gain", name, 1 / agreement.slope)))
        return found

    def _channels(self, rows: npt.NDArray[np.floating], block: Block) -> list[tuple[str, int | None, str, str]]:
        """Constant channels by the bins; flat tops by the samples of the newest second."""
        found: list[tuple[str, int | None, str, str]] = []
        first, last = rows.min(axis=0), rows.max(axis=0)
        same = (first == last) & ((first == self._last) | np.isnan(self._last))
        self._constant_s = np.where(same, self._constant_s + LOOK_EVERY, 0)
        self._last = rows[-1]
        dead = set(np.flatnonzero(self._constant_s >= MIN_CONSTANT_S).tolist())
        for gyro in self._gyros:
            if dead >= set(gyro.columns):
                # one sentence for the missing sensor: models taught with it name nothing without it
                dead -= set(gyro.columns)
                text = text_of("no_gyroscope", self._names[gyro.columns[0]], None)
                found.append(("no_gyroscope", gyro.columns[0], "error", text))
        for column in sorted(dead):
            found.append(("unplugged", column, "error", text_of("unplugged", self._names[column], None)))
        x = block.x
        self._n += len(x)
        exact = x.astype(np.float64)
        self._mean += (np.add.reduce(exact) / len(x) - self._mean) * (len(x) / self._n)
        self._square += (np.add.reduce(exact * exact) / len(x) - self._square) * (len(x) / self._n)
        self._low, self._high = np.minimum(self._low, x.min(axis=0)), np.maximum(self._high, x.max(axis=0))
        self._flat = 0.85 * self._flat + 0.15 * _flat_share(x, self._low, self._high)
        self._n_looked += 1
        spread = np.sqrt(np.maximum(self._square - self._mean**2, 1e-12))
        far = np.maximum(self._high - self._mean, self._mean - self._low) > 1.5 * spread
        for column in np.flatnonzero((self._flat > FLAT_SHARE) & far & (self._constant_s == 0)).tolist():
            found.append(("clipping", column, "warning", text_of("clipping", self._names[column], None)))
        return found

    def _timing(self, block: Block) -> list[tuple[str, int | None, str, str]]:
        found: list[tuple[str, int | None, str, str]] = []
        rate = self._n_samples / self._n_seconds
        if not 0.7 < rate / self._declared_hz < 1.4:
            slow = rate < 0.4 * self._declared_hz or rate < 12.0
            text = text_of("rate", f"{rate:.0f}", self._declared_hz)
            found.append(("rate", None, "warning" if slow else "note", text))
        steps = np.diff(block.t)
        self._jitters = self._jitters + 1 if len(steps) > 4 and steps.max() > JITTER * _middle(steps) else 0
        if self._jitters >= 3:
            found.append(("jitter", None, "note", text_of("jitter", "", None)))
        if self._n_gaps:
            many = self._n_gaps > 2
            found.append(("gaps", None, "warning" if many else "note", text_of("gaps", "", self._n_gaps)))
        if self._n_seconds > 60:  # the newest minute or so counts
            self._n_samples, self._n_seconds = self._n_samples // 2, self._n_seconds // 2
            self._n_gaps //= 2
        return found

    def _compare(self, rows: npt.NDArray[np.floating], exercise: str | None) -> list[tuple[str, int | None, str, str]]:
        """Against the athlete's earlier recordings of this layout."""
        found: list[tuple[str, int | None, str, str]] = []
        if self._outside is not None:
            for code, column, detail in envelope_findings(self._outside, rows):
                found.append((code, column, "warning", text_of(code, self._names[column], detail)))
        if self._baseline is None or exercise is None:
            return found
        for number, triad in enumerate(self._triads):
            known = self._baseline.direction(exercise, self._names[triad.columns[0]])
            if known is None:
                continue
            total, n = self._directions.get((exercise, number), (np.zeros(3), 0))
            total, n = total + _vector(rows, triad).mean(axis=0), n + 1
            self._directions[exercise, number] = (total, n)
            if n >= MIN_LOOKS and is_turned_round(total, known):
                name = self._names[triad.columns[0]]
                found.append(("turned", triad.columns[0], "warning", text_of("turned", name, None)))
        return found

    def _settle(self, found: dict[tuple[str, str], Check]) -> bool:
        """A finding stands after two looks with it, and goes after two without."""
        for key in {*found, *self._pending}:
            count = self._pending.get(key, 0)
            count = min(2, max(count, 0) + 1) if key in found else max(-2, min(count, 0) - 1)
            self._pending[key] = count
            if count == 2:
                self._standing[key] = found[key]
            elif count == -2:
                self._standing.pop(key, None)
                del self._pending[key]
        checks = sorted(self._standing.values(), key=lambda check: (check.code, check.channel))
        changed = [(one.code, one.channel, one.severity) for one in checks] != [
            (one.code, one.channel, one.severity) for one in self.checks
        ]
        self.checks = checks
        return changed


def swapped_axes(matrix: Float64Array) -> str:
    """Which axes a signed permutation moves, in words: "x and y", or "x" for one that is only turned over."""
    moved = [axis for row, axis in enumerate("xyz") if abs(matrix[row, row]) < 0.5]
    if moved:
        return " and ".join(moved) if len(moved) == 2 else "x, y and z"
    signs = np.sign(np.diag(matrix))
    odd = [axis for row, axis in enumerate("xyz") if signs[row] != (1 if signs.sum() > 0 else -1)]
    return odd[0] if len(odd) == 1 else ""


def is_turned_round(total: Float64Array, known: Float64Array) -> bool:
    """Gravity points elsewhere than it did, and another order or sign of the axes would mend it."""
    if _angle(total, known) < TURNED_DEG:
        return False
    return min(_angle(sign * (matrix @ total), known) for matrix in PERMUTATIONS for sign in (1, -1)) < MENDED_DEG


def _angle(a: Float64Array, b: Float64Array) -> float:
    cosine = float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) or 1.0)
    return float(np.degrees(np.arccos(min(1.0, max(-1.0, cosine)))))


def _vector(rows: npt.NDArray[np.floating], triad: Triad) -> Float64Array:
    return np.asarray(rows[:, list(triad.columns)], np.float64) * triad.scale


def _middle(values: Float64Array) -> float:
    """The median (the upper one of two): cheaper than NumPy's for a few numbers."""
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def _flat_share(x: npt.NDArray[np.float32], low: Float64Array, high: Float64Array) -> Float64Array:
    """Share of samples that lie in a run of equal values at an extreme, per channel."""
    at_edge = (x == low) | (x == high)
    runs = np.ones_like(at_edge[FLAT_RUN - 1 :])
    for shift in range(FLAT_RUN):
        end = len(x) - (FLAT_RUN - 1 - shift)
        runs &= at_edge[shift:end] & (x[shift:end] == x[FLAT_RUN - 1 :])
    return np.add.reduce(runs, dtype=np.float64) / len(runs) if len(runs) else np.zeros(x.shape[1])
