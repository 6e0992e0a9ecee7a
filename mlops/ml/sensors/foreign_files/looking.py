"""Previews of files that came in, on their own or in a ZIP file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mlops.ml.archives import BadArchive, extract_member
from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers import Preview, Told, preview
from mlops.ml.sensors.readers.loggers.phyphox import TIME_FILE, read_marks
from mlops.ml.sensors.readers.plan import PREVIEW_BYTES

_WHOLE_BYTES = 64 * 1024 * 1024
"""Parquet keeps its description at the end: such members are unpacked whole up to this size for a preview."""


@dataclass(frozen=True)
class ForeignFile:
    """A file to look at: `member` is its path inside the ZIP file at `path`, empty for the file itself."""

    path: Path
    member: str
    name: str
    size: int


@dataclass(frozen=True)
class Refusal:
    """Why a file cannot be read, as an UnreadableInput says it."""

    text: str
    code: str
    row: int | None = None


Looked = Preview | Refusal


def look_at(files: Sequence[ForeignFile], told: Told, on_each: Callable[[int, Looked], None]) -> None:
    """Preview files one after the other; `on_each` gets a file's number and what was found."""
    for number, file in enumerate(files):
        on_each(number, _look(file, told))


def _look(file: ForeignFile, told: Told) -> Looked:
    try:
        with head_of(file) as head:
            found = preview(head, file.name, told)
    except UnreadableInput as error:
        return Refusal(str(error), error.code, error.row)
    return with_started(found, *marks_of(file))


def marks_of(file: ForeignFile) -> tuple[float | None, tuple[tuple[float, float], ...]]:
    """When a phyphox measurement of an archive started, and its pauses: from the meta/time.csv beside the file."""
    if not file.member:
        return None, ()
    folder = file.member.rpartition("/")[0]
    member = f"{folder}/{TIME_FILE}" if folder else TIME_FILE
    with tempfile.TemporaryDirectory(prefix="fitbalance-import-") as place:
        target = Path(place) / "time.csv"
        try:
            extract_member(file.path, member, target, PREVIEW_BYTES)
        except BadArchive:
            return None, ()
        found = read_marks(target.read_text("utf-8", "replace"))
    return found if found is not None else (None, ())


def with_started(found: Preview, epoch_s: float | None, marks: Sequence[tuple[float, float]]) -> Preview:
    """A preview of a file that counts from a start of its own, dated by the file that knows when that was."""
    if epoch_s is None or found.logger != "phyphox" or found.clock != "start":
        return found
    starts = datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    pauses = f", with {len(marks)} pause{'s' if len(marks) > 1 else ''} put back" if marks else ""
    note = f"The start is that of {TIME_FILE}{pauses}."
    return replace(
        found, clock="1970", epoch_s=epoch_s, marks=tuple(marks), starts_at=starts, notes=[*found.notes, note]
    )


@contextmanager
def head_of(file: ForeignFile) -> Iterator[Path]:
    """A path from which `preview` can read: the file itself, or the unpacked beginning of a member."""
    if not file.member:
        yield file.path
        return
    folder = Path(tempfile.mkdtemp(prefix="fitbalance-import-"))
    try:
        head = folder / "head"
        whole = extract_member(file.path, file.member, head, PREVIEW_BYTES)
        if not whole:
            with open(head, "rb") as opened:
                is_parquet = opened.read(4) == b"PAR1"
            if is_parquet and file.size <= _WHOLE_BYTES:
                head.unlink()
                extract_member(file.path, file.member, head)
            elif not is_parquet:
                _cut_at_line(head)
        yield head
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cut_at_line(head: Path) -> None:
    """Drop the last, torn line of a text that was cut; packed formats are left as they are."""
    with open(head, "r+b") as file:
        data = file.read()
        if data[:4] == b"RSF1":
            return
        end = data.rfind(b"\n")
        if end > 0:
            file.truncate(end + (2 if data.startswith(b"\xff\xfe") else 1))
            file.flush()
            os.fsync(file.fileno())
