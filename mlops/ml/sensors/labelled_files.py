"""Labelled files in a folder → one dataset: how recordings that never saw the site are learned from.

Who it is: a column ``subject``, the author of an RSF file, or the folder the file lies in (else its own name); for a
whole folder `file_people` decides, because one author in every file is no person. What it is: a file
``<name>.labels.csv`` beside it (start_s, end_s, label, from the first sample on), a column ``label``, the annotations
of an RSF file, or its activity for the whole of it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.dataset import LabelledSeries
from mlops.ml.sensors.file_people import TABLE, Named
from mlops.ml.sensors.fingerprint import same_signal, signal_fingerprint
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers import IssueLog, Preview, Told, plan_for_layout, preview, read_chunks
from mlops.ml.sensors.readers.csv_shape import sniff_csv, split_line
from mlops.ml.sensors.readers.rsf import rsf_facts
from mlops.ml.sensors.readers.text import line_blocks, read_head

LABELS_SUFFIX = ".labels.csv"
SUFFIXES = (".csv", ".txt", ".tsv", ".rsf", ".parquet", ".jsonl")
Spans = list[tuple[float, float, str]]


def labelled_files(folder: Path) -> list[Path]:
    """Return the sensor files below a folder, in a fixed order; label files and hidden ones are none."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES)
    return sorted(
        path
        for path in found
        if not path.name.endswith(LABELS_SUFFIX)
        and path.name != TABLE
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def read_labelled(
    path: Path,
    folder: Path,
    layout: Layout,
    *,
    rate_hz: float | None = None,
    named: Named | None = None,
    units: Mapping[str, str] | None = None,
    clock: str = "",
) -> tuple[str, LabelledSeries]:
    """Return (subject, series with its labels).

    named   who and what, where that was decided for all files together
    units   sensor → unit, and `clock` the year the time counts from, where the file does not tell them
    Raises UnreadableInput, also when nothing labels the file, and ChoiceNeeded.
    """
    shown = preview(path, path.name, Told(clock=clock))
    log = IssueLog()
    chunks = list(read_chunks(path, plan_for_layout(shown, layout, rate_hz=rate_hz, units=units), log))
    t_s = np.concatenate([chunk.t_s for chunk in chunks])
    samples = np.concatenate([chunk.samples for chunk in chunks])
    rows = np.concatenate([chunk.rows for chunk in chunks])
    facts = rsf_facts(path) if shown.format == "rsf" else {}
    columns = _text_columns(path, shown, ("label", "subject"))
    if named and named.label:
        spans: Spans = [(0.0, float(t_s[-1] - t_s[0]), named.label)]
    else:
        spans = _spans(path, shown, t_s, rows, columns.get("label"), facts)
    parent = path.parent.relative_to(folder).as_posix()
    told = next(iter(columns.get("subject", {}).values()), "") or str(facts.get("author") or "")
    person = named.person if named and named.person else told
    subject = subject_name(person or (parent if parent != "." else path.stem))
    return subject, LabelledSeries(t_s - t_s[0], samples, spans, path.relative_to(folder).as_posix())


def with_first_of_copies(
    read: Iterable[tuple[str, LabelledSeries]], layout: Layout
) -> Iterator[tuple[str, LabelledSeries, str | None]]:
    """Yield (subject, series, source of the first file with the same signal or None).

    A copy belongs to the first one's subject, whoever it says it is of, so that it never stands on both sides of a
    split.
    """
    seen: list[tuple[dict[str, str], str, str]] = []
    for subject, series in read:
        signal = signal_fingerprint([(series.t_s, series.samples)], float(series.t_s[-1]), layout)
        twin = next((one for one in seen if same_signal(one[0], signal)), None)
        seen.append((signal, subject if twin is None else twin[1], series.source_id))
        yield (subject, series, None) if twin is None else (twin[1], series, twin[2])


def subject_name(text: str) -> str:
    """Return a name that can name a shard: letters, digits, _ and -."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:64]
    return plain if plain and plain[0].isalnum() else f"s{plain}"


def _spans(
    path: Path,
    shown: Preview,
    t_s: npt.NDArray[np.float64],
    rows: npt.NDArray[Any],
    column: Mapping[int, str] | None,
    facts: Mapping[str, Any],
) -> Spans:
    beside = path.with_name(path.stem + LABELS_SUFFIX)
    if beside.is_file():
        return list(_read_labels(beside))
    if column:
        return list(_runs(t_s - t_s[0], [column.get(int(row), "") for row in rows]))
    annotated = list(_annotations(facts.get("annotations"), t_s))
    if annotated:
        return annotated
    if facts.get("activity"):
        return [(0.0, float(t_s[-1] - t_s[0]), str(facts["activity"]).strip())]
    raise UnreadableInput(
        f"{path.name} has no labels: it needs a column label, or a file {beside.name} with start_s, end_s, label",
        code="no_labels",
    )


def _read_labels(path: Path) -> Iterator[tuple[float, float, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        sample = stream.read(4096)
        stream.seek(0)
        reader = csv.DictReader(stream, delimiter=max(",;\t", key=sample.count))
        for number, row in enumerate(reader, start=2):
            try:
                if (row.get("state") or "confirmed").strip() == "confirmed":
                    yield float(row["start_s"]), float(row["end_s"]), row["label"].strip()
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                text = f"{path.name} needs start_s, end_s and label in every row"
                raise UnreadableInput(text, row=number, code="bad_label_file") from error


def _runs(t_s: npt.NDArray[np.float64], labels: list[str]) -> Iterator[tuple[float, float, str]]:
    """Join neighbouring rows of one label to spans; a row lasts until the next one."""
    names = np.asarray(labels)
    cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
    step = float(np.median(np.diff(t_s))) if len(t_s) > 1 else 0.0
    for begin, end in zip([0, *cuts], [*cuts, len(names)], strict=True):
        if names[begin]:
            stop = float(t_s[end]) if end < len(t_s) else float(t_s[-1]) + step
            yield float(t_s[begin]), stop, str(names[begin])


def _annotations(found: Any, t_s: npt.NDArray[np.float64]) -> Iterator[tuple[float, float, str]]:
    """Read [{start, end, label}], in seconds from the start or in milliseconds since 1970."""
    for item in found if isinstance(found, list) else []:
        if not isinstance(item, Mapping):
            continue
        label = item.get("label") or item.get("name") or item.get("text")
        start, end = item.get("start", item.get("start_s")), item.get("end", item.get("end_s"))
        if label and isinstance(start, int | float) and isinstance(end, int | float):
            if start > 1e11:
                start, end = start / 1000 - t_s[0], end / 1000 - t_s[0]
            yield float(start), float(end), str(label).strip()


def _text_columns(path: Path, shown: Preview, names: tuple[str, ...]) -> dict[str, dict[int, str]]:
    """Return name → row → text of some columns of delimited text."""
    if shown.format != "csv":
        return {}
    shape = sniff_csv(path, read_head(path))
    lower = [name.strip().lower() for name in shape.names]
    positions = {name: lower.index(name) for name in names if name in lower}
    found: dict[str, dict[int, str]] = {name: {} for name in positions}
    if positions:
        for first, block in line_blocks(path, shape.text):
            for row, line in enumerate(block.decode("utf-8").split("\n"), start=first):
                cells = split_line(line.rstrip("\r"), shape.delimiter)
                if row >= shape.first_row and len(cells) == len(shape.names):
                    for name, position in positions.items():
                        found[name][row] = cells[position].strip()
    return found
