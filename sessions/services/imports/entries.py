"""What the uploads of an import hold: one entry per sensor file, ZIP files opened up, each with its preview."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, each_in_child
from mlops.ml.sensors.foreign_files.looking import ForeignFile, Refusal, look_at
from mlops.ml.sensors.readers import Preview, Told
from mlops.ml.sensors.readers.shown import NOTHING_TOLD
from web.said import respoken
from web.services.archives import Member, archive_members, is_archive
from web.services.uploads import upload_open_path

MAX_PREVIEWED = 200
LOOKING = Limits(memory_mib=1024, cpu_s=30, wall_s=60)
"""For all files of an import that somebody waits for."""
_KEPT = 250


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
            found += [Entry(str(upload.pk), m.name, m.name, m.size) for m in _members(path, upload.sha256)]
        else:
            found.append(Entry(str(upload.pk), "", upload.filename, path.stat().st_size))
    return found


@lru_cache(maxsize=50)
def _members(path: Path, sha256: str) -> list[Member]:
    """Remembered like the previews; `sha256` makes the key follow the content."""
    return archive_members(path)


def preview_entries(uploads: Sequence, entries: Sequence[Entry], told: Told = NOTHING_TOLD) -> list[Shown]:
    """Preview the first MAX_PREVIEWED entries; later ones are shown without (the job reads them like the first)."""
    by_id = {str(upload.pk): upload for upload in uploads}
    files: dict[Any, tuple[Entry, ForeignFile]] = {}
    for entry in entries[:MAX_PREVIEWED]:
        upload = by_id[entry.upload]
        path = upload_open_path(upload)
        files[path, upload.sha256, entry, told] = entry, ForeignFile(path, entry.member, entry.name, entry.size)
    known = {key: _previews[key] for key in files if key in _previews}
    missing = [key for key in files if key not in known]

    def shown(number: int, found: Preview | Refusal | UnreadableInput) -> None:
        key = missing[number]
        if isinstance(found, Refusal):
            found = UnreadableInput(found.text, row=found.row, code=found.code)
        if isinstance(found, UnreadableInput):
            known[key] = Shown(files[key][0], None, sentence(found), found.code)
        else:
            known[key] = Shown(files[key][0], found)
        if known[key].code != "busy":
            _previews[key] = known[key]

    each_in_child(look_at, LOOKING, [files[key][1] for key in missing], shown, told=told)
    while len(_previews) > _KEPT:
        _previews.popitem(last=False)
    return [known[key] for key in files] + [Shown(entry, None) for entry in entries[MAX_PREVIEWED:]]


_previews: OrderedDict[Any, Shown] = OrderedDict()
"""Remembered, because every change on the settings page asks again; SHA-256s make the keys follow the content."""


def sentence(error: Exception) -> str:
    """An error of the library as a sentence for a person, with the row where one is known."""
    text = respoken(str(error).strip())
    text = f"{text[:1].upper()}{text[1:]}"
    row = getattr(error, "row", None)
    if row is not None and f"row {row}" not in text and f"line {row}" not in text:
        text = _("Row %(row)s: %(reason)s") % {"row": row, "reason": text}
    return text if text.endswith((".", "!", "?")) else f"{text}."
