"""The preview of any table: who wrote it, what its columns measure, its time and rate, the layouts that its columns
fill."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers.clock import KnownTime, Stamped, TimeFound, find_time
from mlops.ml.sensors.readers.loggers import Logger, Seen, find_logger
from mlops.ml.sensors.readers.plan import MAX_ISSUES, MAX_VALUE, SECONDS, TEXT_UNITS, Float64Array, Issue, TimeUnit
from mlops.ml.sensors.readers.shown import NOTHING_TOLD, Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.stamps import date_order, is_date, stamp_microseconds, stamp_unit
from mlops.ml.sensors.readers.suggest import ASK_RATE, ASK_RATE_INDEX, estimate_rate, suggest_layouts
from mlops.ml.sensors.readers.timeline import shares_stamps, unwrapped
from mlops.ml.sensors.readers.unit_names import read_unit
from mlops.ml.sensors.readers.units import decide_units, gravity_unit
from mlops.ml.sensors.readers.words import DATE_WORDS, Quantity, plain, read_name, sensor_in

EVIDENCE_ROWS = 2000
_EVIDENCE_COLUMNS = 64
_PIVOT_NAMES = {"sensor", "sensorname", "sensortype", "type", "name", "stream", "source", "kind"}
_MAX_SENSORS = 12


def column_values(
    columns: Sequence[PreviewColumn], cells: Mapping[str, Sequence[str]], number: Callable[[str], float]
) -> tuple[dict[str, Float64Array], dict[str, TimeUnit]]:
    """Return the numbers of each column (text stamps as microseconds, NaN for others) and how text stamps are written.

    Columns of days without a time appear in the second as ``date:<name>``, or ``unclear:<name>`` where day and month
    cannot be told apart.
    """
    values: dict[str, Float64Array] = {}
    text_units: dict[str, TimeUnit] = {}
    for column in columns[: _EVIDENCE_COLUMNS * 8]:
        texts = cells[column.name]
        if column.kind == "number":
            values[column.name] = np.array([number(cell) for cell in texts], np.float64)
        elif column.kind == "time":
            good = [cell for cell in texts if _is_time_cell(cell)]
            unit = stamp_unit(good[:500])
            if unit is not None:
                text_units[column.name] = unit
                values[column.name] = np.array([_stamp(cell, unit) for cell in texts], np.float64)
        elif column.kind == "text" and plain(column.name) in DATE_WORDS:
            days = [cell for cell in texts if is_date(cell)]
            if days and len(days) > 0.5 * sum(bool(cell.strip()) for cell in texts):
                order = date_order(days)
                text_units[f"date:{column.name}" if order else f"unclear:{column.name}"] = order or "clock"
    return values, text_units


def _is_time_cell(cell: str) -> bool:
    return stamp_unit([cell]) is not None or (any(ch in cell for ch in "/.-") and ":" in cell)


def _stamp(cell: str, unit: TimeUnit) -> float:
    try:
        return stamp_microseconds(cell, unit)
    except (ValueError, OverflowError):
        return float("nan")


def table_preview(
    seen: Seen,
    columns: list[PreviewColumn],
    values: dict[str, Float64Array],
    n_rows: int,
    issues: list[Issue],
    *,
    text_units: Mapping[str, TimeUnit] | None = None,
    told: Told = NOTHING_TOLD,
    known_time: KnownTime | None = None,
    text_columns: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> Preview:
    """Make the preview of any table.

    values      aligned numbers of the columns, NaN where a cell is empty
    known_time  a column that the format itself declares as time, and what it counts
    text_columns the cells of all columns as text, to find one that names the sensor of each line
    """
    columns, values, pivot, sensors = _pivoted(columns, values, text_columns or {})
    seen = replace(seen, names=[column.name for column in columns])
    logger = find_logger(seen)
    columns = _with_meaning(columns, values, seen, logger)
    found = _time(columns, values, text_units or {}, seen, logger, told, known_time)
    usable = [c for c in columns if c.kind == "number" and c.name != found.column]
    streams = _streams(usable, values)
    main = _main_stream(usable, values, streams)
    stamps, rate, note, spread = _rate(found, values, usable, main)
    layouts = suggest_layouts(usable)
    best = next(iter(layouts), None)
    first = float(stamps[0]) if len(stamps) else 0.0
    shown = Preview(
        format=seen.fmt,  # type: ignore[arg-type]
        columns=columns,
        n_rows_seen=n_rows,
        rate_hz=rate,
        rate_note=note,
        time_column=found.column,
        time_unit=found.unit,
        issues=issues[:MAX_ISSUES],
        suggested_layout=best,
        suggested_mapping=layouts.get(best, {}) if best else {},
        layout_mappings=layouts,
        logger=logger.title if logger else "",
        notes=[*(logger.notes(seen) if logger else ()), *found.notes],
        clock=found.clock,
        clock_choices=found.choices,
        starts_at=_iso(first) if found.clock not in ("", "start") and not found.date_column else "",
        epoch_s=found.epoch_s,
        spread=spread,
        date_column=found.date_column,
        pivot=pivot,
        pivot_sensors=sensors,
        streams=streams,
        values={
            name: np.clip(values[name], -MAX_VALUE, MAX_VALUE).astype(np.float32)
            for name in [c.name for c in usable if c.name in values][:_EVIDENCE_COLUMNS]
        },
        **more,
    )
    if best is None:
        return shown
    units = decide_units(shown, BUILT_IN[best], layouts[best])
    return replace(shown, suggested_scale={n: u.factor for n, u in units.items() if u.sure and u.factor != 1.0})


def _iso(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""


def _pivoted(
    columns: list[PreviewColumn], values: dict[str, Float64Array], texts: Mapping[str, Sequence[str]]
) -> tuple[list[PreviewColumn], dict[str, Float64Array], str, tuple[str, ...]]:
    """Where a text column names the sensor of each line, give every sensor columns of its own."""
    field = next((c for c in columns if c.kind == "text" and plain(c.name) in _PIVOT_NAMES and c.name in texts), None)
    if field is None:
        return columns, values, "", ()
    cells = [cell.strip() for cell in texts[field.name]]
    sensors = list(dict.fromkeys(cell for cell in cells if cell))
    known = [sensor for sensor in sensors if sensor_in(sensor)]
    if not known or len(sensors) > _MAX_SENSORS or any(read_name(c.name).sensor for c in columns if c.kind == "number"):
        return columns, values, "", ()
    own = [c for c in columns if c.kind == "number" and (read_name(c.name).axis or re.search(r"\.[012]$", c.name))]
    made, kept = [c for c in columns if c not in own], dict(values)
    for sensor in known:
        mine = np.array([cell == sensor for cell in cells])
        for column in own:
            name = f"{sensor}.{column.name}"
            numbers = np.where(mine, values[column.name], np.nan)
            made.append(PreviewColumn(name, tuple(f"{v:g}" for v in numbers[mine][:5]), "number"))
            kept[name] = numbers
    return made, kept, field.name, tuple(known)


def _with_meaning(
    columns: list[PreviewColumn], values: Mapping[str, Float64Array], seen: Seen, logger: Logger | None
) -> list[PreviewColumn]:
    """Say what each column measures: by the logger's documents, its name, the row of units, the file's name,
    physics."""
    told = dict(logger.columns(seen)) if logger else {}
    made = []
    for column in columns:
        quantity = told.get(column.name, read_name(column.name))
        unit = read_unit(seen.units.get(column.name, ""), quantity.sensor)
        if unit is not None and not (column.name in told and quantity == Quantity()):
            sensor = quantity.sensor or {"acc": "acc", "rate": "gyr", "mag": "mag"}.get(unit.family, "")
            quantity = Quantity(sensor if quantity.axis else quantity.sensor, quantity.axis, unit.name, "units row")
        made.append(replace(column, quantity=quantity))
    bare = [c for c in made if c.kind == "number" and c.quantity.axis and not c.quantity.sensor and c.name not in told]
    plain_axes = {plain(c.name.rpartition(".")[2]): c for c in bare}
    if set(plain_axes) != {"x", "y", "z"} or any(plain(c.name) in ("w", "qw") for c in columns):
        return made
    three = [plain_axes[axis].name for axis in "xyz"]
    gravity = gravity_unit(np.column_stack([values[name] for name in three]))
    sensor = sensor_in(seen.filename) or ("acc" if gravity else "")
    if not sensor or any(c.quantity.sensor == sensor for c in made):
        return made
    return [replace(c, quantity=replace(c.quantity, sensor=sensor)) if c.name in three else c for c in made]


def _time(
    columns: Sequence[PreviewColumn],
    values: Mapping[str, Float64Array],
    text_units: Mapping[str, TimeUnit],
    seen: Seen,
    logger: Logger | None,
    told: Told,
    known_time: KnownTime | None,
) -> TimeFound:
    if known_time is not None and told.time_column in (None, known_time.column):
        return TimeFound(known_time.column, known_time.unit, known_time.clock)
    units = {c.name: seen.units.get(c.name, "") for c in columns}
    units = {name: text for name, text in units.items() if (unit := read_unit(text)) and unit.family == "time"}
    given = Stamped(columns, values, text_units, units)
    return find_time(given, known=logger.time(seen) if logger else None, told=told)


def _streams(columns: Sequence[PreviewColumn], values: Mapping[str, Float64Array]) -> dict[str, tuple[str, ...]]:
    """Return sensor → columns where sensors stand on lines of their own, else nothing."""
    by_sensor: dict[str, list[str]] = {}
    for column in columns:
        if column.quantity.sensor and column.quantity.axis and column.name in values:
            by_sensor.setdefault(column.quantity.sensor, []).append(column.name)
    filled = {s: np.isfinite(np.column_stack([values[n] for n in names])).all(axis=1) for s, names in by_sensor.items()}
    filled = {sensor: mask for sensor, mask in filled.items() if mask.any()}
    if not any(not mask.all() for mask in filled.values()):
        return {}
    apart = any(
        (filled[a] & filled[b]).sum() < 0.8 * (filled[a] | filled[b]).sum() for a in filled for b in filled if a < b
    )
    alone = len(filled) == 1 and next(iter(filled.values())).mean() < 0.8
    return {sensor: tuple(by_sensor[sensor]) for sensor in filled} if apart or alone else {}


def _main_stream(
    columns: Sequence[PreviewColumn], values: Mapping[str, Float64Array], streams: Mapping[str, tuple[str, ...]]
) -> Float64Array | None:
    """True for the lines of the sensor with most of them, None where all lines are alike."""
    if not streams:
        return None
    masks = [np.isfinite(values[names[0]]) for names in streams.values()]
    return max(masks, key=lambda mask: int(mask.sum()))


def _rate(
    found: TimeFound, values: Mapping[str, Float64Array], usable: Sequence[PreviewColumn], main: Float64Array | None
) -> tuple[Float64Array, float | None, str, bool]:
    """(seconds of the first stamps since the epoch, rate, what was seen, whether samples share stamps)."""
    if found.column is None or found.column not in values:
        return np.zeros(0), None, ASK_RATE, False
    if found.unit == "samples":
        return np.zeros(0), None, ASK_RATE_INDEX, False
    time = values[found.column]
    good = np.isfinite(time) if main is None else np.isfinite(time) & main.astype(bool)
    numbers = [values[c.name][good] for c in usable if c.name in values and np.isfinite(values[c.name][good]).all()]
    raw = unwrapped(time[good])
    spread = bool(numbers) and shares_stamps(raw, np.column_stack(numbers))
    unit = found.unit if found.unit not in TEXT_UNITS else "iso"
    seconds = raw * SECONDS[unit] + found.epoch_s
    rate, note = estimate_rate(seconds, spread=spread)
    return seconds, rate, note, spread
