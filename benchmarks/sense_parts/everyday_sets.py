"""Exercises to teach and everyday life to judge on, for `benchmarks.everyday`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sense_parts import therapy
from benchmarks.sense_parts.replay import Span
from mlops.ml.parts.data.watch import PART, RATE_HZ, watch_recordings
from mlops.ml.parts.store import store
from mlops.ml.sensors.dataset import LabelledSeries
from mlops.ml.sensors.everyday.devices import OwnLook
from mlops.ml.sensors.everyday.library import own_windows, sessions
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6
from mlops.ml.sensors.simulate import demo_plan, random_subject, simulate_session
from mlops.ml.windows import WindowSpec

NOTHING = frozenset({"rest", "other"})
N_JUDGED = 12
"""Generated sessions of two minutes that judge each fold."""
N_SIMULATED, FIRST_SUBJECT = 24, 90_000
WHARF_HOURS = 2.0
IMU = tuple((channel.name, channel.unit) for channel in IMU6.channels)
Stream = tuple[npt.NDArray[np.float64], npt.NDArray[Any]]
Streams = Callable[[], dict[str, list[Stream]]]


@dataclass(frozen=True)
class Recording(LabelledSeries):
    """One recording of one person."""

    subject: str = ""


@dataclass(frozen=True)
class Case:
    """What is taught, how it is cut, and real streams (of fixed channels) in which none of it is done."""

    name: str
    recordings: Sequence[Recording]
    channels: Sequence[tuple[str, str]]
    spec: WindowSpec
    real: dict[str, list[Stream]]

    def streams(self, folder: Path, people: Sequence[str], fold: int) -> dict[str, list[Stream]]:
        """The real ones and generated everyday movement of another kind, by people and devices never taught."""
        look = OwnLook.of(*own_windows(folder, people, self.spec), self.channels)
        generated = []
        for number in range(N_JUDGED):
            rng = np.random.default_rng([fold, number])
            other = OwnLook(
                look.noise * np.exp(rng.normal(0.7, 0.8, len(look.noise))),
                rng.normal(0.0, 1.0, look.postures.shape),
                {triad: float(rng.uniform(0.95, 1.05)) for triad in look.gain},
            )
            seed = 1000 * (fold + 1) + number
            made = next(sessions("judged", 1, channels=self.channels, look=other, spec=self.spec, labels=(), seed=seed))
            generated.append((np.arange(len(made)) / self.spec.rate_hz, made))
        return {"judged": generated, **self.real}


def cases(data: Path, wharf: Path | None) -> Iterator[Case]:
    """All that can be read; the simulated ones last."""
    watch = list(_seglearn()) if store().find(PART) else []
    units = list(_therapy(data / "imu_physical_therapy")) if (data / "imu_physical_therapy").is_dir() else []
    life = list(_wharf(wharf)) if wharf else []
    at_50, at_25 = WindowSpec(50, 150, 150, "dataset"), WindowSpec(25, 125, 50, "dataset")
    if units:
        real = {"other (seglearn)": _streams(watch)[::3]} if watch else {}
        yield Case("therapy", units, IMU, at_25, real)
        acc = {"everyday (WHARF)": life} if life else {}
        both = [
            Recording(one.t_s, one.samples, one.spans, one.exercise, subject=one.subject)
            for one in therapy.sessions(data / "imu_physical_therapy")
        ]
        yield Case("therapy, two units", both, therapy.CHANNELS, at_25, {})
        yield Case("therapy, accelerometer", _columns(units, 0, 3), IMU[:3], at_25, acc)
    if watch:
        real = {"other (therapy)": _streams(units)} if units else {}
        yield Case("seglearn", watch, IMU, at_50, real)
        acc = {"everyday (WHARF)": life} if life else {}
        yield Case("seglearn, accelerometer", _columns(watch, 0, 3), IMU[:3], at_50, acc)
        gyr = {"other (therapy)": [(t, x[:, 3:]) for t, x in _streams(units)]} if units else {}
        yield Case("seglearn, gyroscope", _columns(watch, 3, 6), IMU[3:], at_50, gyr)
    yield Case("simulated chest unit", list(_simulated("imu6")), IMU, at_50, {})
    back = tuple((channel.name, channel.unit) for channel in FLEXTAIL.channels)
    yield Case("simulated FlexTail", list(_simulated("flextail")), back, WindowSpec(50, 150, 150, "window"), {})


def _streams(recordings: Sequence[Recording]) -> list[Stream]:
    return [(one.t_s, one.samples) for one in recordings]


def _columns(recordings: Sequence[Recording], begin: int, end: int) -> list[Recording]:
    return [
        Recording(one.t_s, one.samples[:, begin:end], one.spans, one.source_id, subject=one.subject)
        for one in recordings
    ]


def _therapy(folder: Path) -> Iterator[Recording]:
    """The wrist or ankle unit of UCI 730, rest between the blocks as sense_parts.therapy finds it."""
    for one in therapy.sessions(folder):
        yield Recording(one.t_s, one.samples[:, :6], one.spans, one.exercise, subject=one.subject)


def _seglearn() -> Iterator[Recording]:
    """Seven shoulder exercises of ten people with watches; all of each is exercise."""
    for one in watch_recordings():
        t_s = np.arange(len(one.samples)) / RATE_HZ
        spans: list[Span] = [(0.0, float(t_s[-1]), one.code)]
        yield Recording(t_s, one.samples, spans, str(one.number), subject=f"s{one.subject:02d}")


def _simulated(layout: str) -> Iterator[Recording]:
    for number in range(N_SIMULATED):
        seed = FIRST_SUBJECT + number
        made = simulate_session(layout, demo_plan("mixed", seed=seed), random_subject(seed), seed=7)  # type: ignore[arg-type]
        yield Recording(made.t_s, made.samples, made.spans, str(seed), subject=f"p{number:02d}")


def _wharf(folder: Path) -> Iterator[Stream]:
    """Files of lines `a;nanoseconds;x;y;z` (m/s²), mixed, up to `WHARF_HOURS` of them."""
    files = sorted(folder.rglob("*.txt"))
    hours = 0.0
    for number in np.random.default_rng(0).permutation(len(files)):
        lines = files[number].read_text(errors="replace").splitlines()
        rows = [line.split(";")[1:] for line in lines if line.startswith("a;") and line.count(";") == 4]
        try:
            table = np.array(rows, np.float64).reshape(-1, 4)
        except ValueError:
            continue
        t_s = (table[:, 0] - table[:1, 0]) * 1e-9
        if len(t_s) < 300 or not 6 < t_s[-1] < 3600 or (np.diff(t_s) <= 0).any():
            continue
        yield t_s, table[:, 1:].astype(np.float32)
        hours += t_s[-1] / 3600
        if hours > WHARF_HOURS:
            return
