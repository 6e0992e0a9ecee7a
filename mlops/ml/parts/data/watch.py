"""Seven shoulder exercises with a watch on the wrist: ten people, 140 recordings, 81 minutes, six axes at 50 Hz.

David Burns et al. 2018, https://arxiv.org/abs/1802.01489, as PyPI seglearn 1.2.5 (BSD-3-Clause) carries them. Its file
is a pickle: it is read once, in a limited child, by `plain_pickle`, and kept as Parquet.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.parts.data.plain_pickle import read_plain
from mlops.ml.parts.store import store

PART = "watch-exercises"
SOURCE, FILE = "watch_dataset.npy", "watch.parquet"
RATE_HZ = 50.0
STANDARD_GRAVITY = 9.80665
AXES = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward elevation",
    "IR": "internal rotation",
    "ER": "external rotation",
    "TRAP": "trapezius extension",
    "ROW": "upright row",
}


@dataclass(frozen=True)
class WatchRecording:
    """One exercise of one person: samples (n, 6) in m/s² and rad/s, at RATE_HZ; subject from 1; side left or right."""

    number: int
    subject: int
    side: str
    exercise: str
    samples: npt.NDArray[np.float32]

    @property
    def code(self) -> str:
        """The exercise as its makers abbreviate it."""
        return next(code for code, name in EXERCISES.items() if name == self.exercise)


def watch_recordings(folder: Path | None = None) -> Iterator[WatchRecording]:
    """All recordings of the part, or of a folder that holds its Parquet. Raises PartMissing, BadArtifact."""
    import pyarrow.parquet as pq

    table = pq.read_table((folder or store().require(PART)) / FILE)
    axes = np.column_stack([table.column(axis).to_numpy() for axis in AXES])
    numbers = table.column("recording").to_numpy()
    about = table.select(["subject", "side", "exercise"])
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], len(numbers)], strict=True):
        subject, side, exercise = (about.column(name)[int(begin)].as_py() for name in about.column_names)
        yield WatchRecording(int(numbers[begin]), subject, side, exercise, axes[begin:end])


def make(folder: Path, target: Path) -> None:
    """Write the Parquet from the pickled file; run in a limited child. Raises UnreadableInput, UnsafeFormat."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = read_plain(_content((folder / SOURCE).read_bytes()))
    columns: dict[str, list[Any]] = {name: [] for name in ("recording", "subject", "side", "exercise")}
    samples = []
    for number, (of_one, exercise, subject, side) in enumerate(_rows(found)):
        n = len(of_one)
        samples.append(of_one * np.array([STANDARD_GRAVITY] * 3 + [1.0] * 3))
        for name, value in zip(columns, (number, subject, side, exercise), strict=True):
            columns[name] += [value] * n
    axes = np.concatenate(samples).astype(np.float32)
    table = pa.table(
        {
            "recording": pa.array(columns["recording"], pa.int16()),
            "subject": pa.array(columns["subject"], pa.int16()),
            "side": pa.array(columns["side"]).dictionary_encode(),
            "exercise": pa.array(columns["exercise"]).dictionary_encode(),
            **{axis: axes[:, at] for at, axis in enumerate(AXES)},
        }
    )
    pq.write_table(table, target, compression="zstd")


def _content(data: bytes) -> bytes:
    """The pickle inside a NumPy file of one object. Raises UnreadableInput."""
    file = io.BytesIO(data)
    try:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except ValueError as error:
        raise UnreadableInput(f"{SOURCE} is no NumPy file") from error
    if shape != () or not dtype.hasobject:
        raise UnreadableInput(f"{SOURCE} holds something else than one object")
    return data[file.tell() :]


def _rows(found: Any) -> Iterator[tuple[npt.NDArray[np.float64], str, int, str]]:
    """(samples, exercise, subject, side) of each recording. Raises UnreadableInput."""
    try:
        axes, names = found["X"], [EXERCISES[one] for one in found["y_labels"]]
        for samples, label, subject, side in zip(axes, found["y"], found["subject"], found["side"], strict=True):
            if samples.ndim != 2 or samples.shape[1] != len(AXES) or not np.isfinite(samples).all():
                raise UnreadableInput("a recording has other axes, or samples that are no numbers")
            yield samples, names[int(label)], int(subject), "right" if side else "left"
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UnreadableInput(f"{SOURCE} holds something else than recordings") from error
