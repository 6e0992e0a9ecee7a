"""Join the recordings of several equal devices worn at once into one recording on one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, FloatArray, NotEnoughData
from mlops.ml.sensors.layouts import side_by_side
from mlops.ml.sensors.recording_file.reader import RecordingInfo, iter_range, read_info, read_range
from mlops.ml.sensors.recording_file.writer import RecordingFacts, write_recording
from mlops.ml.windows import interpolate

Float64Array = npt.NDArray[np.float64]


def merge_side_by_side(
    path: Path,
    files: Mapping[str, Path],
    *,
    align: Literal["clock", "start"] = "clock",
    max_gap_s: float = 1.0,
) -> RecordingFacts:
    """Write one recording whose channels are those of every unit (``u2.acc_x`` …), for the time that all overlap.

    The first unit's time stamps are kept and the others interpolated onto them. ``clock`` trusts the units' own time
    stamps, ``start`` takes their first samples for simultaneous. Stamps that fall into a pause of another unit are
    left out rather than invented. Raises BadValue (fewer than two units, other layouts), NotEnoughData (no overlap).
    """
    infos = {unit: read_info(file) for unit, file in files.items()}
    layouts = [info.layout for info in infos.values()]
    if len(layouts) < 2 or any(layout.channels != layouts[0].channels for layout in layouts):
        raise BadValue("side by side needs at least two recordings of the same layout")
    merged = side_by_side(layouts[0], tuple(files))
    shifts = {unit: info.t0 if align == "clock" else 0.0 for unit, info in infos.items()}
    start = max(shifts.values())
    stop = min(shifts[unit] + info.duration_s for unit, info in infos.items())
    if stop <= start:
        raise NotEnoughData("the recordings do not overlap in time; align them by their start")
    chunks = _merged(files, infos, shifts, start, stop, max_gap_s)
    return write_recording(path, merged, chunks, max_gap_s=max_gap_s)


def _merged(
    files: Mapping[str, Path],
    infos: Mapping[str, RecordingInfo],
    shifts: Mapping[str, float],
    start: float,
    stop: float,
    max_gap_s: float,
) -> Iterator[tuple[Float64Array, FloatArray]]:
    """Yield (clock time, joined samples), one row group of the first unit at a time."""
    first, *others = files
    reach = 2 * max_gap_s
    end = float(np.nextafter(stop - shifts[first], np.inf))
    for t, samples in iter_range(files[first], start - shifts[first], end):
        clock = t + shifts[first]
        columns, good = [samples], np.ones(len(clock), bool)
        for unit in others:
            own, values = read_range(files[unit], clock[0] - shifts[unit] - reach, clock[-1] - shifts[unit] + reach)
            if len(own) < 2:
                good[:] = False
                break
            good &= _inside(clock, own + shifts[unit], max_gap_s, infos[unit])
            columns.append(interpolate(own + shifts[unit], values, clock))
        if good.any():
            yield clock[good], np.concatenate(columns, axis=1)[good]


def _inside(clock: Float64Array, own: Float64Array, max_gap_s: float, info: RecordingInfo) -> npt.NDArray[np.bool_]:
    """True where a time lies between two samples of the other unit that are close enough to interpolate."""
    allowed = max(max_gap_s, 3 * info.duration_s / max(1, info.n_samples - 1))
    right = np.clip(np.searchsorted(own, clock), 1, len(own) - 1)
    near = np.diff(own)[right - 1] <= allowed
    return np.asarray(near & (clock >= own[0] - 1e-9) & (clock <= own[-1] + 1e-9))
