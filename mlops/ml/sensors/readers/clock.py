"""Which column is time, what it counts, and from which year; never guessed where two answers are possible.

A date is believed when it lies between 2005 and tomorrow. Counted from 1970 that is nearly always so; a file that
counts from 2000 (Polar) or 2001 (Apple) then would lie in the nineties, which no such logger has seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from mlops.ml.sensors.readers.epochs import EPOCHS, believable, calendar_of, day_of, is_dated, too_fast
from mlops.ml.sensors.readers.plan import SECONDS, TEXT_UNITS, Float64Array, TimeUnit
from mlops.ml.sensors.readers.shown import PreviewColumn, Told
from mlops.ml.sensors.readers.stamps import heading_zone_s
from mlops.ml.sensors.readers.timeline import unwrapped
from mlops.ml.sensors.readers.unit_names import bracket_unit, read_unit
from mlops.ml.sensors.readers.words import COUNT_WORDS, is_time_name, plain

RELATIVE_S = 1e8
"""Fewer seconds than these (three years) count from switching on or from a start, not from a date."""
_SUFFIXES = (
    ("nanoseconds", "ns"), ("microseconds", "us"), ("milliseconds", "ms"), ("seconds", "s"), ("nanos", "ns"),
    ("micros", "us"), ("millis", "ms"), ("secs", "s"), ("sec", "s"), ("ns", "ns"), ("us", "us"), ("ms", "ms"),
)  # fmt: skip
_FALLS = 0.05


@dataclass(frozen=True)
class KnownTime:
    """What a logger's documentation says about its time column.

    anchor  a column of date-times that gives the date where the device's own clock was never set
    """

    column: str
    unit: TimeUnit
    clock: str = "start"
    anchor: str | None = None


@dataclass(frozen=True)
class TimeFound:
    """The time of a file; `choices` are not empty where a person must say which year it counts from."""

    column: str | None = None
    unit: TimeUnit = "s"
    clock: str = ""
    epoch_s: float = 0.0
    choices: tuple[tuple[str, str], ...] = ()
    date_column: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stamped:
    """The columns that may be time: numbers or microseconds of text stamps (n,), and how texts are written."""

    columns: Sequence[PreviewColumn]
    values: Mapping[str, Float64Array]
    text_units: Mapping[str, TimeUnit] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    """Unit of a column as its heading or a units row tells it."""


def find_time(
    given: Stamped, *, known: KnownTime | None = None, told: Told = Told(), now: datetime | None = None
) -> TimeFound:
    """Return the time column of a table, its unit and the year it counts from."""
    latest = ((now or datetime.now(UTC)) + timedelta(days=2)).timestamp()
    found = _found(given, known, told, latest)
    if told.time_column is None or told.time_column == found.column:
        return found
    if not told.time_column:
        return TimeFound()
    return _of_column(given, told.time_column, None, told, latest) if told.time_column in given.values else found


def _found(given: Stamped, known: KnownTime | None, told: Told, latest: float) -> TimeFound:
    if known and known.column in given.values:
        return _known(given, known, told, latest)
    ranked = sorted((_rank(given, column, latest), n, column) for n, column in enumerate(given.columns))
    rank, _, best = next(iter(ranked), (_NONE, 0, None))
    if best is None or rank >= _NONE:
        return TimeFound()
    return _of_column(given, best.name, ranked, told, latest)


_DATED, _TEXT, _COUNTING, _CLOCK_TEXT, _UNNAMED, _SAMPLES, _NONE = range(7)


def _rank(given: Stamped, column: PreviewColumn, latest: float) -> int:
    """How well a column serves as time: the clearer its date, the better."""
    values = given.values.get(column.name)
    if values is None:
        return _NONE
    text = given.text_units.get(column.name)
    if text is not None:
        return _CLOCK_TEXT if text == "clock" else _TEXT
    told = given.units.get(column.name) or bracket_unit(column.name) or column.name.replace("-", "_").rpartition("_")[2]
    unit_told = read_unit(told)
    named = is_time_name(column.name) or (unit_told is not None and unit_told.family == "time")
    if not _rises(values, strictly=not named):
        return _NONE
    first = float(values[np.isfinite(values)][0])
    if column.quantity.axis or column.quantity.sensor:
        return _NONE
    if named:
        if plain(column.name) in COUNT_WORDS or "counter" in column.name.lower():
            return _SAMPLES
        unit = _unit_of(given, column.name, latest)
        if calendar_of(values, latest) is not None:
            return _DATED
        if too_fast(values, unit):
            return _NONE
        return _DATED if is_dated(first, unit, latest) else _COUNTING
    if first > 1e9 and is_dated(first, _by_size(values, latest), latest):
        return _DATED
    return (
        _UNNAMED
        if re.fullmatch(r"column_1|Unnamed: 0|index", column.name) and len(values) > 3 and _even(values)
        else _NONE
    )


def _rises(values: Float64Array, *, strictly: bool) -> bool:
    good = unwrapped(values[np.isfinite(values)])
    if len(good) < 2 or good[-1] <= good[0]:
        return False
    falls = float((np.diff(good) < 0).mean())
    return falls == 0.0 if strictly else falls <= _FALLS


def _even(values: Float64Array) -> bool:
    steps = np.diff(values[np.isfinite(values)])
    return bool((steps > 0).all() and steps.max() < 1.5 * np.median(steps))


def _of_column(
    given: Stamped, name: str, ranked: Sequence[tuple[int, int, PreviewColumn]] | None, told: Told, latest: float
) -> TimeFound:
    """Unit, epoch and remarks of the chosen column, with what stands beside it."""
    values = given.values[name][np.isfinite(given.values[name])]
    text = given.text_units.get(name)
    notes: list[str] = []
    if text == "clock":
        return _time_of_day(given, name, told)
    if text is not None:
        shift = heading_zone_s(name) or 0.0
        if not shift:
            notes.append(f"{name} names no time zone where none stands in its cells: read as UTC.")
        return _with_fine_steps(given, ranked, TimeFound(name, text, "1970", -shift, notes=tuple(notes)), latest)
    if (calendar := calendar_of(values, latest)) is not None and not told.clock:
        unit, epoch_s, words = calendar
        return TimeFound(name, unit, "1970", epoch_s, notes=(f"{name} counts {words}.",))
    unit = _unit_of(given, name, latest)
    if unit == "samples":
        return TimeFound(name, "samples", "start")
    first = float(values[0]) * SECONDS[unit] if len(values) else 0.0
    clock, epoch_s, choices, note = _epoch(name, first, told.clock, latest)
    notes += [note] if note else []
    beside = [
        c.name for c in given.columns if given.text_units.get(c.name) in ("iso", "ymd", "dmy", "mdy") and c.name != name
    ]
    if clock != "start" and clock and beside:
        notes.append(f"{beside[0]} is a wall clock beside it and is not used.")
    found = TimeFound(name, unit, clock, epoch_s, choices, notes=tuple(notes))
    if clock == "start" and beside and not told.clock:
        return _anchored(given, found, name, beside[0])
    return _with_fine_steps(given, ranked, found, latest)


def _epoch(
    name: str, first_s: float, chosen: str, latest: float
) -> tuple[str, float, tuple[tuple[str, str], ...], str]:
    """(clock, seconds to add, choices where it is not sure, remark)."""
    if chosen in EPOCHS:
        return chosen, EPOCHS[chosen], (), ""
    if chosen == "start":
        return "start", 0.0, (), ""
    if abs(first_s) < RELATIVE_S:
        return "start", 0.0, (), ""
    fitting = [clock for clock, add in EPOCHS.items() if believable(clock, first_s + add, latest)]
    gps = "gps" in name.lower()
    if gps and "1980" in fitting:
        return (
            "1980",
            EPOCHS["1980"],
            (),
            f"{name} is GPS time: the first sample is of {day_of(first_s + EPOCHS['1980'])}.",
        )
    fitting = [clock for clock in fitting if clock != "1980"]
    if fitting[:1] == ["1970"]:
        return "1970", 0.0, (), ""
    if len(fitting) == 1:
        clock = fitting[0]
        text = f"{name} counts from {clock}: the first sample is of {day_of(first_s + EPOCHS[clock])}."
        return clock, EPOCHS[clock], (), text
    choices = tuple(
        (clock, f"from {clock}: {day_of(first_s + add)}") for clock, add in EPOCHS.items() if clock != "1980"
    )
    return "", 0.0, (*choices, ("start", "from switching on: no date")), ""


def _known(given: Stamped, known: KnownTime, told: Told, latest: float) -> TimeFound:
    """The time that a logger's documentation names."""
    values = given.values[known.column][np.isfinite(given.values[known.column])]
    if known.unit in TEXT_UNITS or not len(values):
        return _of_column(given, known.column, None, told, latest)
    first = float(values[0]) * SECONDS.get(known.unit, 0.0)
    clock = told.clock or known.clock
    if clock == "":
        return _of_column(given, known.column, None, told, latest)
    found = TimeFound(known.column, known.unit, clock, EPOCHS.get(clock, 0.0))
    if known.anchor is not None and known.anchor in given.values and not told.clock:
        anchor = given.values[known.anchor][np.isfinite(given.values[known.anchor])]
        if len(anchor) and (clock == "start" or abs(anchor[0] * 1e-6 - first - found.epoch_s) > 86_400):
            return _anchored(given, found, known.column, known.anchor)
    if clock in EPOCHS and not believable(clock, first + found.epoch_s, latest):
        if abs(first) < RELATIVE_S:
            return TimeFound(known.column, known.unit, "start")
        return _of_column(given, known.column, None, told, latest)
    return found


def _anchored(given: Stamped, found: TimeFound, name: str, anchor: str) -> TimeFound:
    """Steps from the device's counter, the date of its first stamp from a wall clock beside it."""
    pair = np.column_stack([given.values[name], given.values[anchor]])
    pair = pair[np.isfinite(pair).all(axis=1)]
    if not len(pair):
        return found
    shift = heading_zone_s(anchor) or 0.0
    epoch_s = float(pair[0, 1] * 1e-6 - pair[0, 0] * SECONDS[found.unit]) - shift
    note = f"The date is that of {anchor}{'' if shift else ' (read as UTC)'}; the steps are those of {name}."
    return TimeFound(name, found.unit, "1970", epoch_s, notes=(*found.notes, note))


def _with_fine_steps(
    given: Stamped, ranked: Sequence[tuple[int, int, PreviewColumn]] | None, found: TimeFound, latest: float
) -> TimeFound:
    """Where dated stamps are coarse and a column beside counts finely, take the steps from that one."""
    if ranked is None or found.column is None or found.clock == "" or _shared(given.values[found.column]) < 0.05:
        return found
    for rank, _, column in ranked:
        if rank == _COUNTING and column.name != found.column and _shared(given.values[column.name]) < 0.01:
            unit = _unit_of(given, column.name, latest)
            pair = np.column_stack([given.values[column.name], given.values[found.column]])
            pair = pair[np.isfinite(pair).all(axis=1)]
            if unit == "samples" or not len(pair):
                continue
            offsets = pair[:, 1] * SECONDS[found.unit] + found.epoch_s - pair[:, 0] * SECONDS[unit]
            note = f"The date is that of {found.column}, the steps are those of {column.name}."
            return TimeFound(column.name, unit, found.clock, float(offsets[0]), notes=(*found.notes, note))
    return found


def _shared(values: Float64Array) -> float:
    good = values[np.isfinite(values)]
    return float((np.diff(good) == 0).mean()) if len(good) > 1 else 0.0


def _time_of_day(given: Stamped, name: str, told: Told) -> TimeFound:
    """A time of day with the day in a column beside it, or a duration."""
    for column in given.columns:
        order = given.text_units.get(f"date:{column.name}")
        if order is not None:
            note = f"{column.name} and {name} name no time zone: read as UTC."
            return TimeFound(name, order, "1970", date_column=column.name, notes=(note,))
    unclear = [c.name for c in given.columns if given.text_units.get(f"unclear:{c.name}")]
    text = "does not tell day from month. The recording starts at the time you enter."
    notes = (f"{unclear[0]} {text}",) if unclear else ()
    return TimeFound(name, "clock", "start", notes=notes)


def _unit_of(given: Stamped, name: str, latest: float) -> TimeUnit:
    """What a number column counts: by its heading, a units row, its name, else by its size and steps."""
    values = given.values[name][np.isfinite(given.values[name])]
    told = given.units.get(name) or bracket_unit(name)
    unit = read_unit(told) if told else None
    if unit is not None and unit.family == "time":
        return unit.name  # type: ignore[return-value]
    short = plain(name)
    if short == "sampletimefine":
        return "us"
    for ending, found in _SUFFIXES:
        if short.endswith(ending) and short not in ("times", "timestamps", "columns"):
            return found  # type: ignore[return-value]
    if short.startswith(("seconds", "secondselapsed")):
        return "s"
    if short.startswith("nanoseconds"):
        return "ns"
    return _by_size(values, latest, name)


def _by_size(values: Float64Array, latest: float, name: str = "") -> TimeUnit:
    """Guess from the size of the numbers where they are dates, else from their steps."""
    good = unwrapped(values[np.isfinite(values)])
    for unit in ("s", "ms", "us", "ns"):
        if len(good) and believable("1970", float(good[0]) * SECONDS[unit], latest):
            return unit  # type: ignore[return-value]
    for unit in ("s", "ms", "us", "ns"):
        if len(good) and is_dated(float(good[0]), unit, latest):  # type: ignore[arg-type]
            return unit  # type: ignore[return-value]
    steps = np.diff(good)
    steps = steps[steps > 0]
    if not len(steps):
        return "s"
    whole = bool((good == np.round(good)).all())
    if whole and bool((steps == 1).mean() > 0.9):
        return "samples"
    typical = float(np.median(steps))
    if typical < 1.0 or (not whole and typical < 5.0):
        return "s"
    return "ms" if typical < 1000 else "us" if typical < 2.5e6 else "ns"
