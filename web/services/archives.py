"""ZIP files from people, for requests and jobs: read in a limited child, refused with a 400."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from mlops.ml import archives
from mlops.ml.archives import MAX_TOTAL_BYTES, Member, is_archive
from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from web.refusals import Problem

__all__ = [
    "BadArchive",
    "Member",
    "archive_extract",
    "archive_extract_files",
    "archive_extract_member",
    "archive_members",
    "is_archive",
]

LISTING = Limits(memory_mib=256, cpu_s=10, wall_s=30)
UNPACKING = Limits(memory_mib=512, cpu_s=300, wall_s=900, file_mib=MAX_TOTAL_BYTES >> 20)


class BadArchive(Problem):
    """The ZIP file is refused (400): `zip_damaged`, `zip_too_many`, `zip_bomb`, `zip_unsafe` or `zip_encrypted`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)


def archive_members(path: Path, *, max_total_bytes: int = MAX_TOTAL_BYTES) -> list[Member]:
    """The files of an archive in the order of their paths; see `mlops.ml.archives.members_of`. Raises BadArchive."""
    with _refused():
        return in_child(archives.members_of, LISTING)(path, max_total_bytes)


def archive_extract_member(path: Path, name: str, target: Path, *, limit: int | None = None) -> bool:
    """Write a member (or its first `limit` bytes) to the new file `target`; False when it was cut there.

    Raises BadArchive when it is damaged or longer than its own table says; then nothing is left.
    """
    if target.exists():
        raise BadArchive("zip_unsafe", _("The ZIP file contains two files with the same name."))
    try:
        with _refused():
            return in_child(archives.extract_member, UNPACKING)(path, name, target, limit)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def archive_extract_files(path: Path, names: Mapping[str, str], folder: Path) -> None:
    """Write members to files below the existing `folder`: member → path there. Raises BadArchive."""
    with _refused():
        in_child(archives.extract_files, UNPACKING)(path, names, folder)


def archive_extract(path: Path, folder: Path, *, max_total_bytes: int = MAX_TOTAL_BYTES) -> list[Path]:
    """Unpack every member below the new `folder`, all or nothing; returns the files' paths. Raises BadArchive."""
    members = archive_members(path, max_total_bytes=max_total_bytes)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        archive_extract_files(path, {member.name: member.name for member in members}, beside)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / member.name for member in members]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except UnreadableInput as error:
        code, text = error.code, str(error)
        if not isinstance(error, archives.BadArchive):  # the child was ended
            code = "zip_bomb" if code == "too_large" else code if code == "busy" else "zip_damaged"
            text = _("The ZIP file was rejected: %(reason)s.") % {"reason": text}
        raise BadArchive(code, text) from error
