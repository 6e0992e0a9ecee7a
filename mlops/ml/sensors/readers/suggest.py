"""Guesses for the mapping screen: which rate, which column fills which channel. Never by position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from mlops.ml.sensors.layouts import BUILT_IN, Channel, Layout
from mlops.ml.sensors.readers.plan import Float64Array
from mlops.ml.sensors.readers.shown import PreviewColumn
from mlops.ml.sensors.readers.unit_names import family_of
from mlops.ml.sensors.readers.words import plain, read_name

ASK_RATE = "The file does not give its sampling rate. Enter the samples per second."
ASK_RATE_INDEX = "The time column counts samples. Enter the samples per second."
_SENSOR_OF = {"acc": "acc", "rate": "gyr", "mag": "mag"}
_SPREAD_NOTE = "Several samples share a time stamp and are spread evenly until the next one."


def estimate_rate(seconds: Float64Array, *, spread: bool = False) -> tuple[float | None, str]:
    """Return (samples per second, what was seen) from the first time stamps."""
    ordered = np.sort(seconds)
    steps = np.diff(ordered)
    if spread and len(ordered) > 3 and ordered[-1] > ordered[0]:
        starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
        widths, counts = np.diff(ordered[starts]), np.diff(starts)
        if len(widths) > 1:
            rate = float(np.median(counts[1:] / widths[1:]))
            return float(np.round(rate, 3)), f"About {rate:.3g} samples per second. {_SPREAD_NOTE}"
    steps = steps[steps > 0]
    if len(steps) < 3:
        return None, "Too few time stamps to find the rate."
    typical = float(np.median(steps))
    rate = 1.0 / typical
    low, high = np.percentile(steps, [5, 95])
    shown = f"{rate:.3g}"
    if high - low > 0.2 * typical:
        mean = len(steps) / float(steps.sum())
        spread_ = f"steps of {low * 1000:.4g} to {high * 1000:.4g} ms"
        return rate, f"Uneven: about {mean:.3g} per second, {spread_}; resampled by time."
    return float(np.round(rate, 3)), f"About {shown} samples per second, from {len(steps) + 1} time stamps."


def suggest_mapping(names: Iterable[str], layout: Layout) -> dict[str, str]:
    """Return channel → column for the channels of a layout that a column's name fits; may be partial."""
    return map_columns([PreviewColumn(name, (), "number", read_name(name)) for name in names], layout)


def map_columns(columns: Sequence[PreviewColumn], layout: Layout) -> dict[str, str]:
    """Return channel → column by what the columns measure, else by the channel's own name; may be partial."""
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column.name), column.name)
        by_plain.setdefault(plain(column.name.rsplit(".", 1)[-1]), column.name)
    meanings = {column.name: column.quantity for column in columns}
    mapping: dict[str, str] = {}
    for channel in layout.channels:
        taken = mapping.values()
        named = next((by_plain[a] for a in _own_names(channel) if a in by_plain and by_plain[a] not in taken), None)
        if named is not None and _measures(meanings[named].unit, channel):
            mapping[channel.name] = named
            continue
        device, _, bare = channel.name.rpartition(".")
        axis = read_name(bare).axis
        sensor = _SENSOR_OF.get(family_of(channel.unit) or "", "")
        if device or not axis or not sensor:
            continue
        fitting = (
            c for c in columns if c.quantity.sensor == sensor and c.quantity.axis == axis and c.name not in taken
        )
        found = next(fitting, None)
        if found is not None:
            mapping[channel.name] = found.name
    return mapping


def _measures(unit: str, channel: Channel) -> bool:
    """False where a heading tells a unit of another kind of quantity."""
    wanted = family_of(channel.unit)
    return not unit or wanted is None or family_of(unit) in (wanted, None)


def suggest_layouts(columns: Sequence[PreviewColumn]) -> dict[str, dict[str, str]]:
    """Return every built-in layout that the columns fill completely, the one with most channels first."""
    found = {layout.name: map_columns(columns, layout) for layout in BUILT_IN.values()}
    full = {name: m for name, m in found.items() if len(m) == BUILT_IN[name].n_channels}
    return dict(sorted(full.items(), key=lambda item: -len(item[1])))


def _own_names(channel: Channel) -> list[str]:
    """How a file may write a channel's own name, with its device before or behind it."""
    unit, _, bare = channel.name.rpartition(".")
    if not unit:
        sensor, _, axis = bare.partition("_")
        return (
            [plain(bare)]
            if axis not in ("x", "y", "z") or not family_of(channel.unit)
            else [plain(bare), plain(f"{axis}{sensor}")]
        )
    tails = [plain(bare)]
    sensor, _, axis = bare.partition("_")
    if axis in ("x", "y", "z"):
        tails += [plain(f"{head}{axis}") for head in _HEADS.get(sensor, ())]
    return [plain(unit) + tail for tail in tails] + [tail + plain(unit) for tail in tails]


_HEADS: Mapping[str, tuple[str, ...]] = {
    "acc": ("accel", "acceleration", "accelerometer", "a"),
    "gyr": ("gyro", "gyroscope", "angularvelocity", "rotationrate", "g", "w"),
    "mag": ("magnetometer", "magneticfield", "m"),
}
