"""Loggers that write a file per sensor: which files belong to one recording, and which channels each gives.

Files of one folder whose names are alike up to the sensor's name belong together. Each sensor of the layout is taken
from one of them; files that alone hold a whole layout need no others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from mlops.ml.sensors.layouts import BUILT_IN, Layout
from mlops.ml.sensors.readers.planning import mapping_of
from mlops.ml.sensors.readers.shown import Preview
from mlops.ml.sensors.readers.words import read_name, sensor_in

_TIME_OF_DAY = re.compile(r"(?<=\d)[T_ ]\d\d[.:-]?\d\d[.:-]?\d\d(?:[.,]\d+)?")
_TOKEN = re.compile(r"[A-Z]?[^\W_A-Z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True)
class SensorFile:
    """A previewed file of an upload; `source` keeps the files of different archives apart."""

    key: str
    name: str
    source: str
    shown: Preview


@dataclass(frozen=True)
class Share:
    """Channels of the layout that one file of a bundle gives."""

    file: SensorFile
    channels: tuple[str, ...]


def bundles_of(files: Sequence[SensorFile], layout: Layout) -> list[tuple[Share, ...]]:
    """Return the groups of files that fill the layout only together; the fastest sensor first, its stamps are kept."""
    found = []
    for group in _groups(files):
        shares = _shares(group, layout)
        if len(shares) > 1:
            found.append(tuple(sorted(shares, key=lambda share: -(share.file.shown.rate_hz or 0))))
    return found


def bundle_layout(files: Sequence[SensorFile]) -> str | None:
    """Return the built-in layout with most channels that some bundle fills, or None."""
    layouts = sorted(BUILT_IN.values(), key=lambda layout: -layout.n_channels)
    return next((layout.name for layout in layouts if bundles_of(files, layout)), None)


def _groups(files: Sequence[SensorFile]) -> list[list[SensorFile]]:
    """Files by folder and what stands around the sensor's name; the time of day counts only between recordings."""
    groups: dict[tuple[str, str, str, str], list[tuple[str, SensorFile]]] = {}
    for file in files:
        around = _around_sensor(file.name)
        if around is not None:
            before, after = around
            key = (file.source, str(PurePosixPath(file.name).parent), _TIME_OF_DAY.sub("", before), after)
            groups.setdefault(key, []).append((before, file))
    found = []
    for group in groups.values():
        stems = [_TIME_OF_DAY.sub("", PurePosixPath(file.name).stem) for _, file in group]
        if len(set(stems)) == len(stems):
            found.append([file for _, file in group])
            continue
        exact: dict[str, list[SensorFile]] = {}  # several recordings of one day
        for before, file in group:
            exact.setdefault(before, []).append(file)
        found += exact.values()
    return [group for group in found if len(group) > 1]


def _around_sensor(name: str) -> tuple[str, str] | None:
    """What stands before and behind the sensor in a file's name, without rates and versions; None without a sensor.

    >>> _around_sensor("run_E1A2_Gyroscope_left_25.000Hz_1.4.4.csv")
    ('run_E1A2_', 'left')
    """
    stem = PurePosixPath(name).stem
    tokens = list(_TOKEN.finditer(stem))
    part = [bool(sensor_in(f"{token.group()}.csv")) or token.group().lower() in _BESIDE for token in tokens]
    sure = [n for n, token in enumerate(tokens) if sensor_in(f"{token.group()}.csv")]
    if not sure:
        return ("", "") if sensor_in(name) else None
    first = last = sure[0]
    while first > 0 and part[first - 1]:
        first -= 1
    while last + 1 < len(tokens) and part[last + 1]:
        last += 1
    after = re.sub(r"\d+(\.\d+)*\s*(hz)?|[\W_]+", "", stem[tokens[last].end() :], flags=re.IGNORECASE)
    return stem[: tokens[first].start()], after.lower()


_BESIDE = {"total", "linear", "magnetic", "uncalibrated", "angular", "rotation", "user", "lin", "rate", "field", "data"}
"""Words that belong to a sensor's name: TotalAcceleration, Linear Accelerometer, GyroscopeUncalibrated."""


def _shares(group: Sequence[SensorFile], layout: Layout) -> list[Share]:
    """The files that give each sensor's channels, all of them or none; empty where one file is enough."""
    given: Mapping[str, dict[str, str]] = {file.key: mapping_of(file.shown, layout) for file in group}
    if any(len(mapping) == layout.n_channels for mapping in given.values()):
        return []
    wanted: dict[str, list[str]] = {}
    for channel in layout.channels:
        wanted.setdefault(read_name(channel.name).sensor or channel.name, []).append(channel.name)
    chosen: dict[str, list[str]] = {}
    for channels in wanted.values():
        able = [file for file in group if all(name in given[file.key] for name in channels)]
        if not able:
            return []
        best = min(able, key=lambda file: ("uncal" in file.name.lower(), len(file.name), file.name))
        chosen.setdefault(best.key, []).extend(channels)
    by_key = {file.key: file for file in group}
    return [Share(by_key[key], tuple(channels)) for key, channels in chosen.items()]
