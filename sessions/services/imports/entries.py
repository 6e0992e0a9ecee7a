"""What the uploads of an import hold: one entry per sensor file, ZIP files opened up, each with its preview."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers import Preview, preview
from mlops.ml.sensors.readers.plan import PREVIEW_BYTES
from web.services.archives import archive_extract_member, archive_members, is_archive
from web.services.uploads import upload_open_path

MAX_PREVIEWED = 200
_WHOLE_BYTES = 64 * 1024 * 1024
"""Parquet keeps its description at the end: such members are unpacked whole up to this size for a preview."""


@dataclass(frozen=True)
class Entry:
    """One file to import: an upload, or a member of an uploaded ZIP file."""

    upload: str
    member: str
    """Path inside the ZIP file; empty for the upload itself."""
    name: str
    """How it is shown: the member's path, or the upload's file name."""
    size: int

    @property
    def key(self) -> str:
        return f"{self.upload}:{self.member}"


@dataclass(frozen=True)
class Shown:
    """An entry with its preview, or with the reason why it cannot be read."""

    entry: Entry
    preview: Preview | None
    error: str = ""
    code: str = ""
    """The reader's name for the reason, e.g. too_large."""


def entries_of(uploads: Sequence) -> list[Entry]:
    """List the sensor files of uploads in order; raises BadArchive for a ZIP file that is refused."""
    found: list[Entry] = []
    for upload in uploads:
        path = upload_open_path(upload)
        if is_archive(path):
            found += [Entry(str(upload.pk), m.name, m.name, m.size) for m in archive_members(path)]
        else:
            found.append(Entry(str(upload.pk), "", upload.filename, path.stat().st_size))
    return found


def preview_entries(uploads: Sequence, entries: Sequence[Entry]) -> list[Shown]:
    """Preview the first MAX_PREVIEWED entries; later ones are shown without (the job reads them like the first)."""
    by_id = {str(upload.pk): upload for upload in uploads}
    shown = []
    for entry in entries[:MAX_PREVIEWED]:
        upload = by_id[entry.upload]
        shown.append(_preview_one(upload_open_path(upload), upload.sha256, entry))
    return shown + [Shown(entry, None) for entry in entries[MAX_PREVIEWED:]]


@lru_cache(maxsize=1000)
def _preview_one(path: Path, sha256: str, entry: Entry) -> Shown:
    """Remembered, because every change on the settings page asks again; `sha256` makes the key follow the content."""
    try:
        with head_of(path, entry) as head:
            return Shown(entry, preview(head, entry.name))
    except UnreadableInput as error:
        return Shown(entry, None, sentence(error), error.code)


@contextmanager
def head_of(path: Path, entry: Entry) -> Iterator[Path]:
    """A path from which `preview` can read: the upload itself, or the unpacked beginning of a member."""
    if not entry.member:
        yield path
        return
    folder = Path(tempfile.mkdtemp(prefix="fitbalance-import-"))
    try:
        head = folder / "head"
        whole = archive_extract_member(path, entry.member, head, limit=PREVIEW_BYTES)
        if not whole:
            with open(head, "rb") as file:
                is_parquet = file.read(4) == b"PAR1"
            if is_parquet and entry.size <= _WHOLE_BYTES:
                head.unlink()
                archive_extract_member(path, entry.member, head)
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
            file.truncate(end + 1)
            file.flush()
            os.fsync(file.fileno())


def sentence(error: Exception) -> str:
    """An error of the library as a sentence for a person, with the row where one is known."""
    text = str(error).strip()
    text = f"{text[:1].upper()}{text[1:]}"
    row = getattr(error, "row", None)
    if row is not None and f"row {row}" not in text and f"line {row}" not in text:
        text = f"Row {row}: {text[:1].lower()}{text[1:]}"
    return text if text.endswith((".", "!", "?")) else f"{text}."
