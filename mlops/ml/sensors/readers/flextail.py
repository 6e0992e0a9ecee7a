"""The raw FlexTail strip: 44 integers per sample, and the five channels computed from them.

A row is l1…l18, r1…r18 (strain gauges left and right of the strip, about 0.25° per unit), x, y, z (accelerometer
at the sacrum, 2,048 counts per g), alpha, beta, gamma, battery, t (milliseconds since 1970). The sampling is
uneven, so the time column is kept as it is and everything later resamples by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.readers.csv_reader import column_positions, parse_blocks
from mlops.ml.sensors.readers.csv_shape import FLEXTAIL_COLUMNS, CsvShape, sniff_csv
from mlops.ml.sensors.readers.plan import (
    Chunk,
    Float64Array,
    Issue,
    IssueLog,
    ReadPlan,
)
from mlops.ml.sensors.readers.ranges import RangeCheck, limits_of
from mlops.ml.sensors.readers.shown import Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.suggest import estimate_rate
from mlops.ml.sensors.readers.text import line_blocks, read_head

RAD_PER_UNIT = np.deg2rad(0.25)
COUNTS_PER_G = 2048.0
TIME = "t"
_LOWER = slice(1, 9)  # sensors 2–9 of each side
_PREVIEW_ROWS = 200


def channels_from_raw(raw: npt.NDArray[np.floating]) -> Float64Array:
    """Return (n, 5) channels of the `flextail` layout from (n, 44) raw rows.

    lumbarAngle = 0.25° · Σ (l + r) over sensors 2–9; twist = 0.25° · Σ (l − r) over all 18; with pitch =
    atan2(z, −x) and roll = atan2(y, −x) of the sacrum, sagittal = pitch + 0.2 · lumbarAngle and lateral = −roll
    (radians); acceleration = |(x, y, z)| in g.
    """
    left, right = raw[:, 0:18], raw[:, 18:36]
    x, y, z = raw[:, 36], raw[:, 37], raw[:, 38]
    bend = RAD_PER_UNIT * (left[:, _LOWER] + right[:, _LOWER]).sum(axis=1)
    twist = RAD_PER_UNIT * (left - right).sum(axis=1)
    sagittal = np.arctan2(z, -x) + 0.2 * bend
    lateral = -np.arctan2(y, -x)
    acceleration = np.sqrt(x * x + y * y + z * z) / COUNTS_PER_G
    return np.column_stack([bend, sagittal, lateral, twist, acceleration])


def flextail_plan(fmt: str) -> ReadPlan:
    """Return the plan that reads all five channels of a raw FlexTail file (``flextail_csv`` or ``rsf``)."""
    limits = limits_of(FLEXTAIL.channels)
    return ReadPlan(fmt, FLEXTAIL.channel_names, TIME, "ms", limits=limits)  # type: ignore[arg-type]


def looks_like_flextail(path: Path) -> bool:
    """True for a text table of 44 header-less columns whose last one rises like milliseconds since 1970."""
    head = read_head(path)
    shape = sniff_csv(path, head)
    if not shape.is_flextail:
        return False
    log = IssueLog()
    blocks = line_blocks(path, shape.text, max_bytes=len(head))
    first = next(parse_blocks(blocks, shape, list(range(FLEXTAIL_COLUMNS)), log), None)
    if first is None:
        return False
    time = first[0][:_PREVIEW_ROWS, -1]
    return bool((time > 1e12).all() and (time < 1e13).all() and time[-1] > time[0])


def preview_flextail_csv(path: Path, filename: str = "", told: Told | None = None) -> Preview:
    """Preview a raw FlexTail text table as its five channels."""
    head = read_head(path)
    shape = sniff_csv(path, head)
    log = IssueLog()
    blocks = line_blocks(path, shape.text, max_bytes=len(head))
    return preview_raw("flextail_csv", raw_rows(blocks, shape, log), log, shape.delimiter)


def raw_rows(
    blocks: Iterator[tuple[int, bytes]], shape: CsvShape, log: IssueLog
) -> Iterator[tuple[Float64Array, npt.NDArray[np.int64]]]:
    """Yield (raw (n, 44), rows (n,)) from blocks of text lines."""
    yield from parse_blocks(blocks, shape, list(range(FLEXTAIL_COLUMNS)), log)


def preview_raw(
    fmt: str,
    pieces: Iterator[tuple[Float64Array, npt.NDArray[np.int64]]],
    log: IssueLog,
    delimiter: str | None,
) -> Preview:
    """Make the preview of raw rows: the five computed channels and the time."""
    raw = next((piece[0] for piece in pieces), np.zeros((0, FLEXTAIL_COLUMNS)))[:2000]
    values = channels_from_raw(raw)
    columns = [PreviewColumn(TIME, tuple(f"{t:.0f}" for t in raw[:5, -1]), "number")]
    for i, channel in enumerate(FLEXTAIL.channels):
        columns.append(PreviewColumn(channel.name, tuple(f"{v:.3f}" for v in values[:5, i]), "number"))
    rate, note = estimate_rate(raw[:, -1] / 1000.0)
    mapping = {name: name for name in FLEXTAIL.channel_names}
    return Preview(
        format=fmt,  # type: ignore[arg-type]
        columns=columns,
        n_rows_seen=len(raw),
        delimiter=delimiter,
        rate_hz=rate,
        rate_note=note,
        time_column=TIME,
        time_unit="ms",
        issues=[Issue(i.row, i.message) for i in log.issues],
        suggested_layout=FLEXTAIL.name,
        suggested_mapping=mapping,
        layout_mappings={FLEXTAIL.name: mapping},
        logger="FlexTail",
        clock="1970",
        values={channel.name: values[:, i].astype(np.float32) for i, channel in enumerate(FLEXTAIL.channels)},
    )


def chunks_from_raw(
    pieces: Iterator[tuple[Float64Array, npt.NDArray[np.int64]]], plan: ReadPlan, log: IssueLog
) -> Iterator[Chunk]:
    """Turn raw rows into the plan's channels with their own uneven time."""
    positions = column_positions(plan.columns, FLEXTAIL.channel_names)
    ranges = RangeCheck(plan, log)
    for raw, rows in pieces:
        values = channels_from_raw(raw)[:, positions]
        keep = ranges.keep(values * np.asarray(plan.scale or 1.0), rows) if plan.limits else np.ones(len(rows), bool)
        yield Chunk(raw[keep, -1] / 1000.0, plan.scaled(values[keep]), rows[keep])
    ranges.finish()


def read_flextail_csv_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream a raw FlexTail text table; raises UnreadableInput when it is none."""
    shape = sniff_csv(path, read_head(path))
    yield from chunks_from_raw(raw_rows(line_blocks(path, shape.text), shape, log), plan, log)
