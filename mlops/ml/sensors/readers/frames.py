"""A live stream's messages kept as JSON lines: ``{"event": "samples", "data": {"seq", "t": […], "values": [[…]]}}``.

Taken as a live stream takes them: a frame sent again is stored once, one that steps back in time or holds no numbers is
left out and named, and the stream goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.layouts import BUILT_IN, Layout
from mlops.ml.sensors.readers.json_objects import parse_object, read_objects
from mlops.ml.sensors.readers.plan import Chunk, Issue, IssueLog, ReadPlan
from mlops.ml.sensors.readers.shown import Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.suggest import estimate_rate
from mlops.ml.sensors.readers.text import read_head, sniff_text
from mlops.ml.sensors.readers.timeline import timed

TIME = "t"
_EVENTS = ("hello", "samples")


def looks_like_frames(path: Path) -> bool:
    """True when the first line is the hello or a frame of a live stream."""
    try:
        head = read_head(path)
        first = next(read_objects(path, sniff_text(head), max_bytes=len(head)), None)
        found = parse_object(first[1]) if first else {}
    except (ValueError, UnreadableInput):
        return False
    data = found.get("data")
    if found.get("event") not in _EVENTS or not isinstance(data, dict):
        return False
    return "layout" in data if found["event"] == "hello" else isinstance(data.get("values"), list)


def preview_frames(path: Path, filename: str = "", told: Told | None = None) -> Preview:
    """Preview kept frames as the channels of the layout that their hello names."""
    head = read_head(path)
    log = IssueLog()
    layout, pieces = _read(path, log, max_bytes=len(head))
    t = np.concatenate([values[:, 0] for values, _ in pieces]) if pieces else np.zeros(0)
    x = np.concatenate([values[:, 1:] for values, _ in pieces]) if pieces else np.zeros((0, 0))
    if not len(t):
        raise UnreadableInput("no line of the file contains a frame of samples", row=1, code="no_samples")
    names = layout.channel_names if layout else tuple(f"values.{i}" for i in range(x.shape[1]))
    columns = [PreviewColumn(TIME, tuple(f"{v:g}" for v in t[:5]), "number")]
    columns += [PreviewColumn(name, tuple(f"{v:g}" for v in x[:5, i]), "number") for i, name in enumerate(names)]
    rate, note = estimate_rate(t)
    mapping = {name: name for name in names} if layout else {}
    return Preview(
        format="frames",
        columns=columns,
        n_rows_seen=len(t),
        rate_hz=rate,
        rate_note=note,
        time_column=TIME,
        time_unit="s",
        issues=[Issue(issue.row, issue.message) for issue in log.issues],
        suggested_layout=layout.name if layout else None,
        suggested_mapping=mapping,
        layout_mappings={layout.name: mapping} if layout else {},
        logger="FitBalance live stream",
        notes=["Frames of a live stream; those sent again are stored once."],
        clock="1970" if t[0] > 1e8 else "start",
        values={name: x[:, i].astype(np.float32) for i, name in enumerate(names)},
    )


def read_frame_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream the frames of a file; bad ones go to the log with their line and number."""
    layout, pieces = _read(path, log)
    names = (
        layout.channel_names
        if layout
        else tuple(f"values.{i}" for i in range(pieces[0][0].shape[1] - 1 if pieces else 0))
    )
    wanted = [0, *(1 + list(names).index(name) for name in plan.columns if name in names)]
    if len(wanted) != len(plan.columns) + 1:
        raise UnreadableInput("the frames do not contain these channels", row=1, code="missing_column")
    for values, _ in pieces:
        log.count_read(len(values))
    yield from timed(((values[:, wanted], rows) for values, rows in pieces), plan, log)


def _read(path: Path, log: IssueLog, max_bytes: int | None = None) -> tuple[Layout | None, list[tuple[Any, Any]]]:
    """(layout, [(t and values (n, 1 + channels), rows (n,)) per good frame])."""
    layout: Layout | None = None
    pieces: list[tuple[Any, Any]] = []
    last_seq, last_t = -1, -np.inf
    for row, text in read_objects(path, sniff_text(read_head(path)), max_bytes=max_bytes):
        try:
            found = parse_object(text)
        except ValueError as error:
            log.add(row, str(error))
            continue
        data = found.get("data")
        if found.get("event") == "hello" and isinstance(data, dict):
            layout = BUILT_IN.get(str(data.get("layout")))
        if found.get("event") != "samples" or not isinstance(data, dict):
            continue
        seq = data.get("seq")
        name = f"frame {seq}"
        if not isinstance(seq, int) or seq <= last_seq:
            log.note(f"{name} came again and is stored once.")
            continue
        values = _numbers(data, layout.n_channels if layout else None)
        if values is None:
            log.add(row, f"{name} contains values that are not numbers")
        elif values[0, 0] <= last_t or (np.diff(values[:, 0]) <= 0).any():
            log.add(row, f"{name} goes back in time")
        else:
            pieces.append((values, np.full(len(values), row, np.int64)))
            last_t = float(values[-1, 0])
        last_seq = seq
    return layout, pieces


def _numbers(data: dict[str, Any], n_channels: int | None) -> Any:
    """(n, 1 + channels) of a frame, None for one that is not all finite numbers."""
    try:
        t = np.asarray(data.get("t"), np.float64)
        x = np.asarray(data.get("values"), np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if t.ndim != 1 or x.ndim != 2 or len(t) != len(x) or not len(t) or (n_channels and x.shape[1] != n_channels):
        return None
    both = np.column_stack([t, x])
    return both if np.isfinite(both).all() else None
