"""Archives that several parts come out of: one download serves all parts of one errand, then the space is given back.

The pose package carries three parts, the package of a voice two. What a part that is still to come needs as well lies
below `<store>/.fetch/archives/` under its SHA-256 until that part is fetched, or nobody wants it any more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mlops.ml.artifact import sha256_of
from mlops.ml.parts.catalogue import Archive, Part

FOLDER = "archives"


def archive_taken(kept: Path, archive: Archive, target: Path) -> bool:
    """True when `target` is the archive, whole: from an earlier try, or out of the folder `kept`."""
    for source in (target, kept / FOLDER / archive.sha256):
        with suppress(OSError):
            if source.stat().st_size == archive.size and sha256_of(source) == archive.sha256:
                if source != target:
                    target.unlink(missing_ok=True)
                    os.link(source, target)
                return True
    return False


def archives_keep(kept: Path, part: Part, work: Path, later: Iterable[Part]) -> None:
    """Put aside what parts that are still to come need of the archives in `work`."""
    needed = _needed(later)
    for archive in part.archives.values():
        if archive.sha256 in needed and (work / archive.file).is_file():
            (kept / FOLDER).mkdir(exist_ok=True)
            with suppress(OSError):  # then it is downloaded once more
                os.replace(work / archive.file, kept / FOLDER / archive.sha256)


def archives_release(kept: Path, later: Iterable[Part]) -> None:
    """Delete what none of the parts that are still to come needs."""
    folder, needed = kept / FOLDER, _needed(later)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in needed:
            path.unlink(missing_ok=True)
    if not needed:
        shutil.rmtree(folder, ignore_errors=True)


def _needed(parts: Iterable[Part]) -> set[str]:
    return {archive.sha256 for part in parts for archive in part.archives.values()}
