"""An Apple Health export as it is uploaded: its XML, or a ZIP file that names the XML in the language of the phone.

Both functions are called in a limited child and import no Django.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlops.ml.archives import BROKEN, is_archive, members_of
from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits
from mlops.ml.survival.checkins.readers.apple import AppleDays, OnBytes, apple_days, looks_like_export

MAX_XML_BYTES = 64 * 1024**3
LOOKING = Limits(memory_mib=512, cpu_s=20, wall_s=40, file_mib=1)
_HEAD_BYTES = 64 * 1024
_MAX_LOOKED_AT = 50
_TABLES = (".csv", ".txt", ".tsv", ".json")


def reading_limits(n_bytes: int) -> Limits:
    """What reading an export of so many bytes may take: two gigabytes of XML take a minute or two."""
    seconds = min(6 * 3600, 120 + 4 * (n_bytes >> 20))
    return Limits(memory_mib=512, cpu_s=seconds, wall_s=seconds, file_mib=1)


def apple_read(path: Path, *, on_bytes: OnBytes = lambda done, total: None) -> AppleDays:
    """Read an export. Memory does not grow with the file. Raises UnreadableInput."""
    return apple_days(path, export_member(path), on_bytes=on_bytes)


def export_member(path: Path) -> str:
    """The export's XML in a ZIP file, found by what it holds; "" for a file that is no archive.

    Raises UnreadableInput: BadArchive, and ``no_export`` with the tables that the archive holds instead.
    """
    if not is_archive(path):
        return ""
    members = members_of(path, MAX_XML_BYTES)
    largest = sorted((one for one in members if one.name.lower().endswith(".xml")), key=lambda one: -one.size)
    try:
        with zipfile.ZipFile(path) as archive:
            for one in largest[:_MAX_LOOKED_AT]:
                with archive.open(one.name) as stream:
                    if looks_like_export(stream.read(_HEAD_BYTES)):
                        return one.name
    except BROKEN as error:
        raise UnreadableInput("the archive is damaged", code="bad_archive") from error
    tables = [one.name.rsplit("/", 1)[-1] for one in members if one.name.lower().endswith(_TABLES)]
    instead = f"; unpack it and choose one of its tables: {', '.join(tables[:8])}" if tables else ""
    raise UnreadableInput(f"this archive is not an Apple Health export{instead}", code="no_export")
