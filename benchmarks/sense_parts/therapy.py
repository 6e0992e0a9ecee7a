"""Real people: UCI 730 (Yurtman & Barshan 2014), 3 subjects × 8 exercises, 30 repetitions a session in three blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sense_parts.replay import Model, Span
from mlops.ml.abstention import Guard, abstain_threshold
from mlops.ml.contract import Windows
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import window_label
from mlops.ml.windows import Scaler, WindowSpec, normalise, sliding_windows, window_starts

RATE_HZ = 25.0
SPEC = WindowSpec(rate_hz=RATE_HZ, length=125, stride=25, normalisation="dataset")
SUBJECTS = ("s1", "s2", "s3")
EXERCISES = tuple(f"e{number}" for number in range(1, 9))
REPETITIONS = 30
CHANNELS = tuple(
    (f"{unit}.{name}_{axis}", of)
    for unit in ("u2", "u5") for name, of in (("acc", "m/s²"), ("gyr", "rad/s")) for axis in "xyz"
)
REST_SHARE, REST_OVER_S, MIN_REST_S = 0.15, 6.0, 10.0


@dataclass(frozen=True)
class Session:
    """t_s (n,), samples (n, 12), and where exercise and rest are."""

    subject: str
    exercise: str
    t_s: npt.NDArray[np.float64]
    samples: npt.NDArray[np.float32]
    spans: list[Span]


def sessions(folder: Path, file: str = "test.txt") -> Iterator[Session]:
    """All 24 sessions, wrist or ankle unit and chest unit side by side."""
    for subject in SUBJECTS:
        for exercise in EXERCISES:
            units = [
                np.loadtxt(
                    folder / subject / exercise / unit / file, delimiter=";", skiprows=1, usecols=range(1, 7),
                    dtype=np.float32,
                )
                for unit in ("u2", "u5")
            ]
            n = min(len(unit) for unit in units)
            x = np.hstack([unit[:n] for unit in units])
            t = np.arange(n) / RATE_HZ
            yield Session(subject, exercise, t, x, rest_by_energy(t, x, exercise))


def rest_by_energy(t_s: npt.NDArray[np.float64], x: npt.NDArray[Any], exercise: str) -> list[Span]:
    """Blocks and the rest between them: rest is where the spread within a second, averaged over 6 s, stays below 15 %
    of the session's 90th percentile for at least 10 s. It looks ahead and knows the whole session; live cannot."""
    weights = np.array([1 / 9.80665] * 3 + [0.25] * 3 + [1 / 9.80665] * 3 + [0.25] * 3)
    second = int(RATE_HZ)
    spread = np.sqrt(sliding_windows(x * weights, second, 5).var(axis=1).sum(axis=1))
    width = int(REST_OVER_S * RATE_HZ / 5) | 1
    padded = np.pad(spread, width // 2, mode="edge")
    smooth = np.convolve(padded, np.full(width, 1 / width), "valid")
    at = t_s[window_starts(len(x), second, 5)] + 0.5
    still = smooth < REST_SHARE * np.quantile(spread, 0.9)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], still.astype(int), [0]))))
    rests = [(float(at[a]), float(at[min(b, len(at) - 1)])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    rests = [(a, b) for a, b in rests if b - a >= MIN_REST_S]
    spans: list[Span] = []
    before = 0.0
    for a, b in [*rests, (float(t_s[-1]), float(t_s[-1]))]:
        if a - before > 1.0:
            spans.append((before, a, exercise))
        if b > a:
            spans.append((a, b, "rest"))
        before = b
    return spans


def model_without(subject: str, known: list[Session], *, with_rest: bool) -> Model:
    """Random kernels trained on the other two people; threshold and guard from each of them judged by the other.

    `with_rest`: the rest between blocks teaches the class "other"; else the model has never seen rest.
    """
    labels = (*EXERCISES, "other") if with_rest else EXERCISES
    others = sorted({one.subject for one in known} - {subject})
    parts = {name: _windows([one for one in known if one.subject == name], labels) for name in others}
    proba, truth = [], []
    for name in others:
        rest = [part for other, part in parts.items() if other != name]
        answer = _fit(rest, labels)
        proba.append(answer(parts[name][0]))
        truth.append(parts[name][1])
    x, y = (np.concatenate([part[i] for part in parts.values()]) for i in (0, 1))
    guard = Guard.fit(x, y, x, y, len(labels))
    threshold = abstain_threshold(np.concatenate(proba), np.concatenate(truth), labels)
    return Model(labels, SPEC, _fit(list(parts.values()), labels), threshold, guard)


def _windows(chosen: list[Session], labels: tuple[str, ...]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    x, y = [], []
    for one in chosen:
        starts = window_starts(len(one.samples), SPEC.length, SPEC.stride)
        spans = [(a, b, "other" if label == "rest" else label) for a, b, label in one.spans]
        named = [
            window_label(s / RATE_HZ, s / RATE_HZ + SPEC.duration_s, spans, reviewed=True, other=None) for s in starts
        ]
        keep = [n for n, label in enumerate(named) if label in labels]
        x.append(sliding_windows(one.samples, SPEC.length, SPEC.stride)[keep])
        y += [labels.index(str(named[n])) for n in keep]
    return np.concatenate(x), np.asarray(y, np.int64)


def _fit(parts: list[tuple[Any, Any]], labels: tuple[str, ...]) -> Any:
    x, y = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    scaler = Scaler.fit(x)
    estimator = estimator_class("random_kernels")(labels=labels)
    estimator.fit(Windows(normalise(x, SPEC, scaler), y, np.full(len(y), "x"), labels), seed=0)
    return lambda raw: estimator.predict_proba(normalise(raw, SPEC, scaler))
