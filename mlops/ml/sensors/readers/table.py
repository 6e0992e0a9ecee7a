"""The preview of any table: its time column, its rate, and the built-in layouts that its columns fill."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers.plan import MAX_ISSUES, Float64Array, Issue, Preview, PreviewColumn, ReadPlan
from mlops.ml.sensors.readers.suggest import (
    ASK_RATE,
    ASK_RATE_INDEX,
    estimate_rate,
    find_time,
    suggest_layouts,
    suggest_scale,
)


def table_preview(
    fmt: Any,
    columns: list[PreviewColumn],
    numbers: dict[str, Float64Array],
    n_rows: int,
    issues: list[Issue],
    *,
    delimiter: str | None = None,
    known_time: tuple[str, Any] | None = None,
) -> Preview:
    """Make the preview of any table: find its time column and rate, and the layouts that fit."""
    names = [c.name for c in columns]
    time_names = [c.name for c in columns if c.kind == "time"]
    time_column, time_unit = known_time or find_time(names, numbers, time_names)
    rate, note = None, ASK_RATE
    if time_column is not None and time_unit == "samples":
        note = ASK_RATE_INDEX
    elif time_column is not None:
        plan = ReadPlan(fmt, (time_column,), time_column, time_unit)
        rate, note = estimate_rate(plan.seconds(numbers.get(time_column, np.zeros(0))))
    usable = [c.name for c in columns if c.kind == "number" and c.name != time_column]
    layouts = suggest_layouts(usable)
    best = next(iter(layouts), None)
    return Preview(
        format=fmt,
        columns=columns,
        n_rows_seen=n_rows,
        delimiter=delimiter,
        rate_hz=rate,
        rate_note=note,
        time_column=time_column,
        time_unit=time_unit,
        issues=issues[:MAX_ISSUES],
        suggested_layout=best,
        suggested_mapping=layouts.get(best, {}) if best else {},
        suggested_scale=suggest_scale(BUILT_IN[best], layouts[best]) if best else {},
        layout_mappings=layouts,
    )
