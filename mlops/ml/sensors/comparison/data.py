"""The data that estimators are compared on, cut and split the same way for all of them.

- Eight physical-therapy exercises of three people (UCI 730, Yurtman & Barshan 2014, CC BY 4.0): two units side by
  side, 12 channels, windows of 5 s; each person in turn is judged by a model of the other two.
- Simulated FlexTail: 30 athletes who do everything that the simulator knows; ten of them judge.
- BasicMotions (UEA archive): 40 + 40 cases of 10 s, split as published.

The first two are taken at half their rate, and estimators learn from a part of the windows, so that a network of half
a million numbers has time to converge on one processor; the part is the same for every estimator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import Windows
from mlops.ml.sensors.dataset import LabelledSeries, window_label
from mlops.ml.sensors.simulate import EXERCISES, OTHER, REST, demo_plan, random_subject, simulate_session
from mlops.ml.splits import leave_one_out
from mlops.ml.windows import Scaler, WindowSpec, normalise, resample, sliding_windows, window_starts

FIRST_SUBJECT = 30_000
"""Seeds of the simulated athletes from here on; demo athletes and shipped champions use others."""
N_SIMULATED, N_JUDGES, N_VALIDATING = 30, 10, 4
MOST_TRAINING, MOST_VALIDATING = 1_200, 400


@dataclass(frozen=True)
class Fold:
    """One model's data: what it learns from, what stops it (or None), and what it is judged on."""

    train: Windows
    validation: Windows | None
    test: Windows


@dataclass(frozen=True)
class ComparisonSet:
    """One data set.

    blocks  names what each judged window belongs to, for resampling: windows of a block are not independent;
            all folds in order
    """

    name: str
    title: str
    about: str
    spec: WindowSpec
    folds: tuple[Fold, ...]
    blocks: npt.NDArray[np.str_]
    block_word: str


def physical_therapy(folder: Path) -> ComparisonSet:
    """Read UCI 730 below `folder` (s1/e1/u2/test.txt …). Raises OSError when it is not there."""
    spec = WindowSpec(rate_hz=12.5, length=62, stride=31, normalisation="dataset")
    labels = tuple(f"e{i}" for i in range(1, 9))
    x, y, groups, teaches = [], [], [], []
    for subject in ("s1", "s2", "s3"):
        for number, label in enumerate(labels):
            units = [_unit(folder / subject / label / unit / "test.txt") for unit in ("u2", "u5")]
            n = min(len(unit) for unit in units)
            together = _halved(np.hstack([unit[:n] for unit in units]))
            windows = sliding_windows(together, spec.length, spec.stride)
            x.append(windows)
            y += [number] * len(windows)
            groups += [subject] * len(windows)
            teaches += [number % 2 == 0 for number in range(len(windows))]  # without overlap
    everything = Windows(np.concatenate(x), np.asarray(y, np.int64), np.asarray(groups), labels)
    folds, blocks = [], []
    for _, split in leave_one_out(everything.groups):
        learned = np.zeros(len(everything), bool)
        learned[split["train"]] = True
        train, test = everything.take(learned & np.asarray(teaches)), everything.take(split["test"])
        folds.append(_scaled(Fold(train, None, test), spec))
        blocks += [f"{who}/{what}" for who, what in zip(test.groups, np.asarray(test.y), strict=True)]
    about = (
        f"{len(everything)} windows of 5 s, 12 channels (wrist or ankle, and chest) at 12.5 Hz, half the recorded "
        "rate; 8 exercises; each of 3 people judged, on every window, by a model of the other two, which learned from "
        f"every second window ({' / '.join(str(len(fold.train)) for fold in folds)}: those that do not overlap); "
        "whole sessions, rest included, carry the exercise's label"
    )
    return ComparisonSet(
        "physical_therapy",
        "Physical therapy (UCI 730), leave one subject out",
        about,
        spec,
        tuple(folds),
        np.asarray(blocks),
        "session (person × exercise): three people are too few to resample people",
    )


def basic_motions(folder: Path) -> ComparisonSet:
    """Read BasicMotions_TRAIN.ts and _TEST.ts below `folder`. Raises OSError when they are not there."""
    spec = WindowSpec(rate_hz=10, length=100, stride=100, normalisation="dataset")
    parts = [_ts(folder / f"BasicMotions_{part}.ts") for part in ("TRAIN", "TEST")]
    labels = tuple(sorted(set(parts[0][1])))
    train, test = (
        Windows(x, np.asarray([labels.index(name) for name in names], np.int64), np.arange(len(x)).astype(str), labels)
        for x, names in parts
    )
    about = f"{len(train)} cases for training and {len(test)} for testing, 100 samples of 6 channels, 4 classes; easy"
    fold = _scaled(Fold(train, None, test), spec)
    blocks = np.arange(len(test)).astype(str)
    return ComparisonSet(
        "basic_motions", "BasicMotions (UEA), split as published", about, spec, (fold,), blocks, "case"
    )


def simulated_flextail(n_subjects: int = N_SIMULATED) -> ComparisonSet:
    """Simulate athletes with the FlexTail; other people judge than those who teach and those who stop."""
    spec = WindowSpec(25, 75, 25, "dataset")
    labels = (*EXERCISES, OTHER)
    judges = max(1, n_subjects * N_JUDGES // N_SIMULATED)
    validating = max(1, n_subjects * N_VALIDATING // N_SIMULATED)
    people = [simulated_athlete(number, spec, labels) for number in range(n_subjects)]
    train = _some(_joined(people[judges + validating :]), MOST_TRAINING)
    validation = _some(_joined(people[judges : judges + validating]), MOST_VALIDATING)
    test = _joined(people[:judges])
    fold = _scaled(Fold(train, validation, test), spec)
    about = (
        f"{len(train)} windows of 3 s of {n_subjects - judges - validating} simulated athletes to learn from, drawn "
        f"from all of theirs; {len(validation)} of {validating} others to stop by, all {len(test)} of {judges} more to "
        "judge; 5 channels at 25 Hz, half the rate of the shipped model; six exercises and other"
    )
    return ComparisonSet(
        "simulated_flextail", "Simulated FlexTail, leave subjects out", about, spec, (fold,), test.groups, "person"
    )


def comparison_sets(data: Path) -> dict[str, Callable[[], ComparisonSet]]:
    """Return the three sets by name; `data` holds imu_physical_therapy and basic_motions."""
    return {
        "physical_therapy": lambda: physical_therapy(data / "imu_physical_therapy"),
        "simulated_flextail": simulated_flextail,
        "basic_motions": lambda: basic_motions(data / "basic_motions"),
    }


def _scaled(fold: Fold, spec: WindowSpec) -> Fold:
    """Normalise by what the training part looks like."""
    scaler = Scaler.fit(fold.train.x)

    def scaled(part: Windows) -> Windows:
        return replace(part, x=normalise(part.x, spec, scaler))

    return Fold(scaled(fold.train), fold.validation and scaled(fold.validation), scaled(fold.test))


def simulated_athlete(number: int, spec: WindowSpec, labels: tuple[str, ...]) -> Windows:
    """One simulated session; time between the sets is ``other``, as when a person reviewed the recording."""
    seed = FIRST_SUBJECT + number
    made = simulate_session("flextail", demo_plan("mixed", seed=seed), random_subject(seed), seed=0)
    spans = [span for span in made.spans if span[2] != REST]
    series = LabelledSeries(made.t_s, made.samples, spans, str(number), reviewed=True)
    x, y = [], []
    for segment in resample(series.t_s, series.samples, spec.rate_hz):
        windows = sliding_windows(segment.samples, spec.length, spec.stride)
        for window, start in zip(windows, window_starts(len(segment.samples), spec.length, spec.stride), strict=True):
            begin_s = segment.t0_s + start / spec.rate_hz
            label = window_label(begin_s, begin_s + spec.duration_s, spans, reviewed=True, other=OTHER)
            if label in labels:
                x.append(window)
                y.append(labels.index(label))
    return Windows(np.asarray(x, np.float32), np.asarray(y, np.int64), np.full(len(y), f"sim{number:03d}"), labels)


def _some(windows: Windows, most: int) -> Windows:
    """At most so many windows, drawn at random, in their order."""
    if len(windows) <= most:
        return windows
    return windows.take(np.sort(np.random.default_rng(0).choice(len(windows), most, replace=False)))


def _halved(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Half the rate: the mean of each two samples."""
    pairs = samples[: len(samples) // 2 * 2].reshape(-1, 2, samples.shape[1])
    return pairs.mean(axis=1).astype(np.float32)


def _joined(parts: list[Windows]) -> Windows:
    return Windows(
        np.concatenate([part.x for part in parts]),
        np.concatenate([np.asarray(part.y) for part in parts]),
        np.concatenate([part.groups for part in parts]),
        parts[0].labels,
    )


def _unit(path: Path) -> npt.NDArray[np.float32]:
    """Return (samples, 6): acc x, y, z in m/s² and gyr x, y, z in rad/s."""
    return np.loadtxt(path, delimiter=";", skiprows=1, usecols=range(1, 7), dtype=np.float32)


def _ts(path: Path) -> tuple[npt.NDArray[Any], list[str]]:
    """Read a .ts file: one case a line, channels between colons, the class last."""
    x, names = [], []
    started = False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("@data"):
            started = True
        elif started and line.strip():
            *channels, name = line.strip().split(":")
            x.append(np.asarray([[float(value) for value in channel.split(",")] for channel in channels]).T)
            names.append(name)
    return np.asarray(x, np.float32), names
