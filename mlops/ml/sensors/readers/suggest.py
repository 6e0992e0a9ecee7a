"""Guesses for the mapping screen: which column is time, which rate, which column fills which channel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from mlops.ml.sensors.layouts import BUILT_IN, Channel, Layout
from mlops.ml.sensors.readers.plan import Float64Array, TimeUnit

ASK_RATE = "The file does not tell its rate. Say how many samples it has per second."
ASK_RATE_INDEX = "The time column counts samples. Say how many samples there are per second."

_TIME_NAMES = {
    "t", "time", "timestamp", "timestamps", "datetime", "date", "ts", "epoch", "elapsed", "secondselapsed", "seconds",
    "timeindex", "index", "sample", "sampleindex", "frame", "millis", "milliseconds", "timems", "timeus", "timens",
    "times", "unixtime", "localtime", "utc", "timestampms", "ms", "sec",
}  # fmt: skip
_SENSORS = {
    "acc": ("acc", "accel", "acceleration", "accelerometer", "a"),
    "gyr": ("gyr", "gyro", "gyroscope", "angularvelocity", "rotationrate", "g", "w"),
    "mag": ("mag", "magnetometer", "magneticfield", "m"),
}
_STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3


def plain(name: str) -> str:
    """Return a column name without brackets, case and punctuation: ``Acc_X (m/s²)`` → ``accx``."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[(\[{].*?[)\]}]", "", name.lower()))


def iso_microseconds(text: str) -> float:
    """Return microseconds since 1970 of an ISO 8601 date-time, UTC where no zone stands; raises ValueError."""
    stamp = datetime.fromisoformat(text.strip())
    stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return stamp.timestamp() * 1e6


def is_iso(text: str) -> bool:
    """True for a date-time with at least minutes, e.g. ``2024-05-01T10:00:00.120Z``."""
    if not re.match(r"\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        return False
    try:
        iso_microseconds(text)
    except (ValueError, OverflowError):
        return False
    return True


def find_time(
    names: Sequence[str], numbers: Mapping[str, Float64Array], iso_columns: Sequence[str] = ()
) -> tuple[str | None, TimeUnit]:
    """Return the column that looks like time, and its unit.

    `numbers` holds the numeric columns' first values. A column qualifies by its name when it never falls, or
    without a known name when it rises steadily from the size of an epoch stamp.
    """
    for name in names:
        if name in iso_columns:
            return name, "iso"
    candidates = [n for n in names if plain(n) in _TIME_NAMES and _never_falls(numbers.get(n))]
    # seconds since the start are easier for people than an epoch stamp beside them
    candidates.sort(key=lambda n: 0 if "elapsed" in plain(n) else 1)
    if not candidates:
        candidates = [n for n in names if _never_falls(numbers.get(n)) and float(numbers[n][0]) > 1e9]
    if not candidates:
        return None, "s"
    return candidates[0], _time_unit(candidates[0], numbers[candidates[0]])


def _never_falls(values: Float64Array | None) -> bool:
    return values is not None and len(values) > 1 and bool((np.diff(values) >= 0).all()) and values[-1] > values[0]


def _time_unit(name: str, values: Float64Array) -> TimeUnit:
    short, steps = plain(name), np.diff(values)
    for ending, unit in (("ns", "ns"), ("us", "us"), ("ms", "ms"), ("millis", "ms"), ("milliseconds", "ms")):
        if short.endswith(ending) and short != "times":
            return unit  # type: ignore[return-value]
    bracket = re.search(r"[(\[]\s*(s|sec|ms|us|µs|ns)\s*[)\]]", name.lower())
    if bracket:
        found = bracket.group(1)
        return {"sec": "s", "µs": "us"}.get(found, found)  # type: ignore[return-value]
    for low, unit in ((1e18, "ns"), (1e15, "us"), (1e12, "ms"), (1e9, "s")):
        if values[0] >= low:
            return unit  # type: ignore[return-value]
    if "second" in short:
        return "s"
    whole = bool((values == np.round(values)).all())
    if whole and bool((steps == 1).all()):
        return "samples"
    typical = float(np.median(steps))
    if typical < 1.0 or (not whole and typical < 5.0):
        return "s"
    return "ms" if typical < 1000 else "us"


def estimate_rate(seconds: Float64Array) -> tuple[float | None, str]:
    """Return (samples per second, what was seen) from the first time stamps."""
    steps = np.diff(np.sort(seconds))
    steps = steps[steps > 0]
    if len(steps) < 3:
        return None, "Too few time stamps to find the rate."
    typical = float(np.median(steps))
    rate = 1.0 / typical
    low, high = np.percentile(steps, [5, 95])
    shown = f"{rate:.3g}"
    if high - low > 0.2 * typical:
        mean = len(steps) / float(steps.sum())
        spread = f"steps of {low * 1000:.4g} to {high * 1000:.4g} ms"
        return rate, f"Uneven: about {mean:.3g} per second, {spread}; resampled by time."
    return float(np.round(rate, 3)), f"About {shown} samples per second, from {len(steps) + 1} time stamps."


def suggest_mapping(names: Sequence[str], layout: Layout) -> dict[str, str]:
    """Return channel → column for the channels of a layout that a column's name fits; may be partial."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
        by_plain.setdefault(plain(name.rsplit(".", 1)[-1]), name)
    mapping: dict[str, str] = {}
    for channel in layout.channels:
        for alias in _aliases(channel.name):
            if alias in by_plain and by_plain[alias] not in mapping.values():
                mapping[channel.name] = by_plain[alias]
                break
    return mapping


def suggest_layouts(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return every built-in layout that the columns fill completely, the one with most channels first."""
    found = {layout.name: suggest_mapping(names, layout) for layout in BUILT_IN.values()}
    full = {name: m for name, m in found.items() if len(m) == BUILT_IN[name].n_channels}
    return dict(sorted(full.items(), key=lambda item: -len(item[1])))


def suggest_scale(layout: Layout, mapping: Mapping[str, str]) -> dict[str, float]:
    """Return channel → factor where the mapped column's name tells another unit than the layout's."""
    factors = {c.name: _factor(c, mapping[c.name]) for c in layout.channels if c.name in mapping}
    return {name: factor for name, factor in factors.items() if factor != 1.0}


def _aliases(channel: str) -> list[str]:
    unit, _, bare = channel.rpartition(".")
    sensor, _, axis = bare.partition("_")
    heads = _SENSORS.get(sensor, ()) if axis in ("x", "y", "z") else ()
    tails = [plain(bare), *(head + axis for head in heads), *(axis + head for head in heads if len(head) > 1)]
    if not unit:
        return tails
    return [plain(unit) + tail for tail in tails] + [tail + plain(unit) for tail in tails]


def _factor(channel: Channel, column: str) -> float:
    text = column.lower().replace("²", "2")
    unit = re.search(r"[(\[]\s*([^)\]]+?)\s*[)\]]", text)
    told = unit.group(1) if unit else ""
    if channel.unit == "m/s²" and told in ("g", "gs"):
        return _STANDARD_GRAVITY
    if channel.unit == "g" and told in ("m/s2", "m/s^2", "ms-2"):
        return 1 / _STANDARD_GRAVITY
    degrees = told in ("deg", "deg/s", "dps", "°", "°/s") or re.search(r"_(deg|dps)$", text)
    if channel.unit in ("rad", "rad/s") and degrees:
        return math.pi / 180
    return 1.0
